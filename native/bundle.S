// Embeds the bundle of the TypeScript core as read-only data. CMake sets KINESIS_BUNDLE, the bundle's path.
#ifdef _WIN32
    .section .rdata, "dr"
#else
    .section .rodata
    .hidden kinesis_bundle_begin
    .hidden kinesis_bundle_end
#endif
    .balign 16
    .global kinesis_bundle_begin
    .global kinesis_bundle_end
kinesis_bundle_begin:
    .incbin KINESIS_BUNDLE
kinesis_bundle_end:
    .byte 0
#ifndef _WIN32
    .section .note.GNU-stack, "", %progbits
#endif
