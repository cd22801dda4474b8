// Threads of the shim's own: with a stack of a given size, and with the host's signals kept away from them.
#include "thread.h"

#include <cstring>
#include <ctime>

#include "process_state.h"

namespace kinesis {

std::string start_quiet_thread(size_t stack_bytes, void (*body)(), pthread_t &thread) {
  const SignalMask before = block_signals();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  const int failure = pthread_create(
      &thread, &attributes,
      [](void *given) -> void * {
        reinterpret_cast<void (*)()>(given)();
        return nullptr;
      },
      reinterpret_cast<void *>(body));
  pthread_attr_destroy(&attributes);
  set_signals(before);
  return failure == 0 ? "" : strerror(failure);
}

void name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

bool join_within(pthread_t thread, int64_t timeout_ms) {
#ifdef _WIN32
  // Never called: a DLL learns of the process's end when its other threads are gone (platform_windows.cc).
  (void)timeout_ms;
  return pthread_join(thread, nullptr) == 0;
#else
  timespec deadline{};
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += timeout_ms / 1000;
  deadline.tv_nsec += timeout_ms % 1000 * 1000000;
  if (deadline.tv_nsec >= 1000000000) {
    deadline.tv_sec++;
    deadline.tv_nsec -= 1000000000;
  }
  return pthread_timedjoin_np(thread, nullptr, &deadline) == 0;
#endif
}

}  // namespace kinesis
