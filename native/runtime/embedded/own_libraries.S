// Embeds the library of host_memory.cc as read-only data. CMake sets KINESIS_HOST_MEMORY, the library's path.
    .section .rodata
    .hidden kinesis_host_memory_begin
    .hidden kinesis_host_memory_end
    .balign 16
    .global kinesis_host_memory_begin
    .global kinesis_host_memory_end
kinesis_host_memory_begin:
    .incbin KINESIS_HOST_MEMORY
kinesis_host_memory_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
