// Threads of the shim's own: with a stack of a given size, and with the host's signals kept away from them.
#include "platform/thread.h"

#include <cstring>

#include "runtime/embedded/process_state.h"

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

}  // namespace kinesis
