// Starts threads of the shim: with a stack of a given size, and with the host's signals blocked.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace kinesis {

/// Starts a thread that takes no signals of the process. Returns a reason on failure, else an empty string.
std::string start_quiet_thread(size_t stack_bytes, void (*body)(), pthread_t &thread);
/// The same for a body with an argument.
std::string start_quiet_thread(size_t stack_bytes, void (*body)(void *), void *given, pthread_t &thread);

/// Names the calling thread, as `top -H` shows it: at most 15 characters.
void name_thread(const char *name);

}  // namespace kinesis
