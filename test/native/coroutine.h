// A coroutine as Fluent Bit's flb_coro, in each of its layouts.
#pragma once

#include <cstdint>

#include "fiber.h"

namespace coroutine_host {

/// Where a coroutine's words `caller` and `callee` are: first, behind a word for valgrind, or at a place that the shim
/// does not know.
enum class Layout { kCallerFirst = 0, kWordBefore = 1, kUnknown = 2 };

/// Sets the layout of all coroutines that are made from now on.
void set_layout(Layout layout);

/// Calls a function before a plugin gives its thread back.
void set_before_yield(void (*function)());

/// Only the thread that makes a coroutine uses it.
class Coroutine {
 public:
  /// See Fiber.
  Coroutine(void (*body)(void *argument), void *argument);

  /// Begins, or goes on, until the coroutine switches back. Does the same as flb_coro_resume.
  void resume();
  /// Ends the body, on the coroutine's own stack.
  [[noreturn]] void end();
  /// Makes the coroutine useless: touching its stack ends the process.
  void bury();

  // Called by the plugin, as flb_coro_get, flb_coro_set, co_active and co_switch.
  static void *get();
  static void set(void *coroutine);
  static void *active();
  static void switch_to(void *fiber);

 private:
  /// The word that points to the coroutine, behind those of any layout.
  static constexpr int kOwner = 4;

  Fiber fiber_;
  const int caller_at_;
  void *words_[kOwner + 1];
};

}  // namespace coroutine_host
