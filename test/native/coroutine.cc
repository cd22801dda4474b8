// Coroutine like Fluent Bit's flb_coro, in each of its layouts.
#include "coroutine.h"

#include "shim_host.h"

namespace coroutine_host {
namespace {

Layout layout = Layout::kCallerFirst;
void (*before_yield)() = nullptr;

// As in Fluent Bit, it keeps its value when the coroutine has ended.
thread_local void *last_set = nullptr;

}  // namespace

void set_layout(Layout chosen) { layout = chosen; }

void set_before_yield(void (*function)()) { before_yield = function; }

Coroutine::Coroutine(void (*body)(void *argument), void *argument)
    : fiber_(body, argument), caller_at_(static_cast<int>(layout)) {
  // Neither null nor a context.
  for (void *&word : words_) word = &words_;
  words_[caller_at_ + 1] = &fiber_;
  words_[kOwner] = this;
}

void Coroutine::resume() {
  set(words_);
  words_[caller_at_] = active();
  fiber_.run();
}

// Fluent Bit finds the coroutine that ends by the last flb_coro_set.
void Coroutine::end() {
  CHECK(last_set == words_);
  fiber_.end_body();
  static_cast<Fiber *>(words_[caller_at_])->run();
  shim::fail(__FILE__, __LINE__, "nobody resumes a coroutine that has ended");
}

void Coroutine::bury() {
  fiber_.bury();
  for (void *&word : words_) word = nullptr;
}

void *Coroutine::get() { return last_set; }

void Coroutine::set(void *coroutine) { last_set = coroutine; }

void *Coroutine::active() { return &Fiber::active(); }

void Coroutine::switch_to(void *fiber) {
  auto *to = static_cast<Fiber *>(fiber);
  if (to->is_of_thread()) {
    if (before_yield != nullptr) before_yield();
    // Each resume sets it.
    auto *yielding = static_cast<Coroutine *>(static_cast<void **>(last_set)[kOwner]);
    yielding->words_[yielding->caller_at_] = nullptr;
  }
  to->run();
}

}  // namespace coroutine_host
