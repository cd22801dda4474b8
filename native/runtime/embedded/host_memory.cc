// Forwards memory functions to the host's, in a library that libnode is opened through.
//
// The library needs libnode, and keeps libnode's objects from being destroyed at the end of the process. Its bytes are
// in kinesis.so, and own_libraries.cc loads them. It needs no other library, and nothing of kinesis.so.
#include "runtime/embedded/host_memory.h"

// External linkage keeps the compiler from assuming that the slots stay empty.
extern "C" __attribute__((visibility("hidden"))) kinesis::HostMemory kinesis_host_memory;
#define KINESIS_EMPTY_SLOT(result, name, parameters, arguments) , nullptr
kinesis::HostMemory kinesis_host_memory = {KINESIS_HOST_MEMORY_MARK KINESIS_MEMORY_FUNCTIONS(KINESIS_EMPTY_SLOT)};

#define KINESIS_FORWARD(result, name, parameters, arguments)                          \
  extern "C" __attribute__((visibility("default"))) result name parameters noexcept { \
    return kinesis_host_memory.name arguments;                                        \
  }
KINESIS_MEMORY_FUNCTIONS(KINESIS_FORWARD)

// Registers nothing, so that libnode and its libraries do nothing at the end of the process. exit() would call handlers
// registered after Node's start, such as for Node 24's list of extra certificates, before the plugin has stopped Node's
// thread, which still uses the list. Nothing has to be destroyed when the process ends.
extern "C" __attribute__((visibility("default"))) int __cxa_atexit(void (*)(void *), void *, void *) noexcept {
  return 0;
}
