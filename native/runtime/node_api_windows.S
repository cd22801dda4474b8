// Node-API on Windows: each function is a jump to where it was found.
//
// A DLL that imports from node.exe cannot be loaded into fluent-bit.exe. So nothing is imported: the addresses are
// filled in when Node loads the DLL as its addon (node_api_windows.cc).
#define NODE_API(name)      \
    .globl name;            \
name:                       \
    jmp *name##_address(%rip);

    .text
#include "node_api_names.h"
#undef NODE_API

#define NODE_API(name)      \
    .globl name##_address;  \
name##_address:             \
    .quad 0;

    .data
    .balign 8
#include "node_api_names.h"
