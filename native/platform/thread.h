// Threads of the shim's own: with a stack of a given size, and with the host's signals kept away from them.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace kinesis {

/// Starts a thread that takes no signals of the process. Gives a reason when it cannot be, else an empty string.
std::string start_quiet_thread(size_t stack_bytes, void (*body)(), pthread_t &thread);
/// The same for a body that is given something.
std::string start_quiet_thread(size_t stack_bytes, void (*body)(void *), void *given, pthread_t &thread);

/// At most 15 characters, for the calling thread; what shows in `top -H`.
void name_thread(const char *name);

}  // namespace kinesis
