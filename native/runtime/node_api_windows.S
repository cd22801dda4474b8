// Defines each function of Node-API on Windows as a jump to its address, which is found at run time.
//
// A DLL that imports from node.exe cannot be loaded into fluent-bit.exe. So nothing is imported: node_api_windows.cc
// fills in the addresses when Node loads the DLL as its addon.
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
