// Stacks that a thread switches between, as libco's, and what the sanitizers have to know of them.
#pragma once

#include <pthread.h>

#include <cstddef>

namespace coroutine_host {

/// A stack and where it goes on. Only one thread uses a fiber.
class Fiber {
 public:
  /// The fiber that runs on the calling thread: the thread's own until it switches.
  static Fiber &active();

  /// A stack of the size that Fluent Bit gives to coroutines, larger with a sanitizer. `body` begins at the first
  /// switch, with `argument`, and never returns.
  Fiber(void (*body)(void *argument), void *argument);
  ~Fiber();
  Fiber(const Fiber &) = delete;
  Fiber &operator=(const Fiber &) = delete;

  /// Whether the stack is a thread's own.
  bool is_of_thread() const { return stack_ == nullptr; }

  /// Goes on with this fiber; returns when something switches back.
  void run();

  /// The body ends with the next switch. The same fiber can begin again.
  void end_body() { has_ended_ = true; }

  /// Nothing may switch to this fiber any more. Touching its stack ends the process.
  void bury();

 private:
  Fiber();
  void prepare();
  void unpoison();
  static void begin();

  const pthread_t thread_ = pthread_self();
  void (*body_)(void *argument) = nullptr;
  void *argument_ = nullptr;
  void *stack_pointer_ = nullptr;
  char *stack_ = nullptr;  // null: the thread's own
  size_t stack_bytes_ = 0;
  bool has_ended_ = false;
  bool is_buried_ = false;
  void *own_bottom_ = nullptr;                     // of the thread's own stack
  [[maybe_unused]] void *fake_stack_ = nullptr;    // of AddressSanitizer
  [[maybe_unused]] void *thread_fiber_ = nullptr;  // of ThreadSanitizer
};

}  // namespace coroutine_host
