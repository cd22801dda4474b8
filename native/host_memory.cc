// A library that libnode is opened through: it needs libnode, and hands memory functions on to the host's.
//
// Its bytes are in kinesis.so, and own_libraries.cc loads them. It needs no other library, and nothing of this one.
#include "host_memory.h"

// Of external linkage, so that the compiler does not take the slots for empty.
extern "C" __attribute__((visibility("hidden"))) kinesis::HostMemory kinesis_host_memory;
#define KINESIS_EMPTY_SLOT(result, name, parameters, arguments) , nullptr
kinesis::HostMemory kinesis_host_memory = {KINESIS_HOST_MEMORY_MARK KINESIS_MEMORY_FUNCTIONS(KINESIS_EMPTY_SLOT)};

#define KINESIS_FORWARD(result, name, parameters, arguments)                          \
  extern "C" __attribute__((visibility("default"))) result name parameters noexcept { \
    return kinesis_host_memory.name arguments;                                        \
  }
KINESIS_MEMORY_FUNCTIONS(KINESIS_FORWARD)
