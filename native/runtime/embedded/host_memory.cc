// A library that libnode is opened through: it needs libnode, and hands memory functions on to the host's.
//
// It also keeps objects of libnode from being destroyed at the end of the process. Its bytes are in kinesis.so, and
// own_libraries.cc loads them. It needs no other library, and nothing of this one.
#include "runtime/embedded/host_memory.h"

// Of external linkage, so that the compiler does not take the slots for empty.
extern "C" __attribute__((visibility("hidden"))) kinesis::HostMemory kinesis_host_memory;
#define KINESIS_EMPTY_SLOT(result, name, parameters, arguments) , nullptr
kinesis::HostMemory kinesis_host_memory = {KINESIS_HOST_MEMORY_MARK KINESIS_MEMORY_FUNCTIONS(KINESIS_EMPTY_SLOT)};

#define KINESIS_FORWARD(result, name, parameters, arguments)                          \
  extern "C" __attribute__((visibility("default"))) result name parameters noexcept { \
    return kinesis_host_memory.name arguments;                                        \
  }
KINESIS_MEMORY_FUNCTIONS(KINESIS_FORWARD)

// Registers nothing: what libnode and its libraries would do when the process ends. exit() would call what was
// registered after Node's start, such as Node 24's list of extra certificates, before the plugin has stopped Node's
// thread, which still uses it. The process is at its end, so nothing has to be destroyed.
extern "C" __attribute__((visibility("default"))) int __cxa_atexit(void (*)(void *), void *, void *) noexcept {
  return 0;
}
