// Starts threads of the shim: with a stack of a given size, and with the host's signals blocked.
#include "platform/thread.h"

#include <cstring>
#include <memory>

#include "runtime/embedded/process_state.h"

namespace kinesis {
namespace {

struct ThreadBody {
  void (*body)(void *);
  void *given;
};

}  // namespace

std::string start_quiet_thread(size_t stack_bytes, void (*body)(), pthread_t &thread) {
  return start_quiet_thread(
      stack_bytes, [](void *given) { reinterpret_cast<void (*)()>(given)(); }, reinterpret_cast<void *>(body), thread);
}

std::string start_quiet_thread(size_t stack_bytes, void (*body)(void *), void *given, pthread_t &thread) {
  auto started = std::make_unique<ThreadBody>(ThreadBody{body, given});
  const SignalMask before = block_signals();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  const int failure = pthread_create(
      &thread, &attributes,
      [](void *taken) -> void * {
        const std::unique_ptr<ThreadBody> started(static_cast<ThreadBody *>(taken));
        started->body(started->given);
        return nullptr;
      },
      started.get());
  if (failure == 0) (void)started.release();
  pthread_attr_destroy(&attributes);
  set_signals(before);
  return failure == 0 ? "" : strerror(failure);
}

void name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

}  // namespace kinesis
