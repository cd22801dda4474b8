// Switches a thread between stacks, as libco does, and reports the switches to the sanitizers.
#pragma once

#include <pthread.h>

#include <cstddef>

namespace coroutine_host {

/// A stack and its current position. Used by one thread only.
class Fiber {
 public:
  /// Returns the running fiber of the calling thread: the thread's own stack until it switches.
  static Fiber &active();

  /// Makes a stack of the size of Fluent Bit's coroutines, larger with a sanitizer. `body` begins at the first switch,
  /// with `argument`, and never returns.
  Fiber(void (*body)(void *argument), void *argument);
  ~Fiber();
  Fiber(const Fiber &) = delete;
  Fiber &operator=(const Fiber &) = delete;

  /// Whether the stack is a thread's own.
  bool is_of_thread() const { return stack_ == nullptr; }

  /// Continues this fiber. Returns when something switches back.
  void run();

  /// Marks the body as ended at the next switch. The fiber can begin again.
  void end_body() { has_ended_ = true; }

  /// Marks the fiber as unusable: an access to its stack ends the process.
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
