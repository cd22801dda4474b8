// Coroutine like Fluent Bit's flb_coro, in each of its layouts.
#pragma once

#include <cstdint>

#include "fiber.h"

namespace coroutine_host {

/// Position of a coroutine's words `caller` and `callee`: first, after a word for valgrind, or unknown to the shim.
enum class Layout { kCallerFirst = 0, kWordBefore = 1, kUnknown = 2 };

/// Sets the layout of all coroutines made from now on.
void set_layout(Layout layout);

/// Sets a function that is called before a plugin returns its thread.
void set_before_yield(void (*function)());

/// A coroutine. Used only by the thread that makes it.
class Coroutine {
 public:
  /// See Fiber.
  Coroutine(void (*body)(void *argument), void *argument);

  /// Begins or continues the coroutine until it switches back, as flb_coro_resume does.
  void resume();
  /// Ends the body, on the coroutine's own stack.
  [[noreturn]] void end();
  /// Makes the coroutine unusable: an access to its stack ends the process.
  void bury();

  // Called by the plugin, as flb_coro_get, flb_coro_set, co_active and co_switch.
  static void *get();
  static void set(void *coroutine);
  static void *active();
  static void switch_to(void *fiber);

 private:
  /// Index of the word that points to the coroutine, after those of any layout.
  static constexpr int kOwner = 4;

  Fiber fiber_;
  const int caller_at_;
  void *words_[kOwner + 1];
};

}  // namespace coroutine_host
