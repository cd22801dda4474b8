// Suspends waiting flushes in Fluent Bit's coroutines, and resumes them from its event loops.
//
// Source of the signatures, unchanged from Fluent Bit 1.8 to 5.1: include/fluent-bit/flb_coro.h, flb_engine.h,
// lib/monkey/include/monkey/mk_core/mk_event.h and libco.h. The program exports them (-rdynamic).
#include "fluent_bit/coroutine_wait.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "fluent_bit/flb_proxy_abi.h"
#include "fluent_bit/host_log.h"
#include "platform/platform.h"

namespace kinesis {
namespace {

struct LoopFunctions {
  flb_coro *(*coro_get)();
  void (*coro_set)(flb_coro *coroutine);
  void *(*loop_get)();
  int (*event_add)(void *loop, int descriptor, int type, uint32_t mask, void *event);
  int (*event_del)(void *loop, void *event);
  void *(*co_active)();
  void (*co_switch)(void *context);
};

// Returns null when a function is missing.
const LoopFunctions *loop_functions() {
  static LoopFunctions found;
  static const bool is_complete = look_up(found.coro_get, "flb_coro_get") && look_up(found.coro_set, "flb_coro_set") &&
                                  look_up(found.loop_get, "flb_engine_evl_get") &&
                                  look_up(found.event_add, "mk_event_add") &&
                                  look_up(found.event_del, "mk_event_del") && look_up(found.co_active, "co_active") &&
                                  look_up(found.co_switch, "co_switch");
  return is_complete ? &found : nullptr;
}

// Index of `caller` in flb_coro::words of this host, with `callee` after it; -1 until a flush has found it.
std::atomic<int> caller_index{-1};

// Returns whether the index is known. The running context has to be at `callee`, at the same index in each flush.
bool find_caller_index(const flb_coro &coroutine, const void *active) {
  for (const int at : {0, 1}) {
    const void *caller = coroutine.words[at];
    if (coroutine.words[at + 1] != active || caller == nullptr || caller == active) continue;
    int known = -1;
    return caller_index.compare_exchange_strong(known, at) || known == at;
  }
  return false;
}

}  // namespace

// Up to and including 2.1.0, flb_engine_shutdown() (src/flb_engine.c) ends the inputs, with their chunks, before the
// outputs. The function looked up here came a few versions later; all versions since export it.
bool host_frees_chunks_early() {
  static const bool is_early = symbol_of_process("flb_input_log_append_skip_processor_stages") == nullptr;
  return is_early;
}

struct LoopWaker::Event {
  mk_event head;
  char room[kMkEventRoomBytes];
  LoopWaker *waker;
};

// A waker is removed on its own thread, or at that thread's end.
pthread_key_t LoopWaker::key() {
  static const pthread_key_t key = [] {
    pthread_key_t made{};
    pthread_key_create(&made, on_thread_end);
    return made;
  }();
  return key;
}

LoopWaker *LoopWaker::for_this_flush(void (*withdraw)(uint32_t id), void *&waiter) {
  const LoopFunctions *host = loop_functions();
  if (host == nullptr) return nullptr;
  flb_coro *coroutine = host->coro_get();
  void *loop = host->loop_get();
  if (coroutine == nullptr || loop == nullptr || !find_caller_index(*coroutine, host->co_active())) return nullptr;
  waiter = coroutine;
  auto *waker = static_cast<LoopWaker *>(pthread_getspecific(key()));
  if (waker != nullptr) return waker->loop_ == loop ? waker : nullptr;
  waker = new LoopWaker(loop, withdraw);
  if (waker->open() && pthread_setspecific(key(), waker) == 0) return waker;
  waker->close(true);
  return nullptr;
}

void LoopWaker::yield(void *waiter) {
  loop_functions()->co_switch(static_cast<flb_coro *>(waiter)->words[caller_index]);
}

void LoopWaker::remove_unused() {
  auto *waker = static_cast<LoopWaker *>(pthread_getspecific(key()));
  if (waker == nullptr) return;
  {
    std::lock_guard<std::mutex> lock(waker->mutex_);
    if (!waker->waiting_.empty()) return;
  }
  waker->print_lines();
  pthread_setspecific(key(), nullptr);
  waker->close(loop_functions()->loop_get() == waker->loop_);
}

// Fluent Bit ends a thread only after all its flushes. If it does not, the loop and the coroutines are gone by now.
void LoopWaker::on_thread_end(void *given) {
  auto *waker = static_cast<LoopWaker *>(given);
  for (const uint32_t id : RequestTable::get().abandon_waker(waker)) waker->withdraw_(id);
  waker->close(false);
}

bool LoopWaker::open() {
  descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor_ < 0) return false;
  event_ = new Event{};
  event_->waker = this;
  event_->head.handler = on_event;
  if (loop_functions()->event_add(loop_, descriptor_, kMkEventCustom, kMkEventRead, event_) != 0) return false;
  event_->head.handler = on_event;
  return true;
}

// Without its loop, only the waker's descriptor is left to free.
void LoopWaker::close(bool has_loop) {
  if (has_loop && event_ != nullptr) loop_functions()->event_del(loop_, event_);
  if (descriptor_ >= 0) ::close(descriptor_);
  delete event_;
  delete this;
}

void LoopWaker::signal() {
  const uint64_t one = 1;
  (void)!write(descriptor_, &one, sizeof one);
}

void LoopWaker::expect(uint32_t id, void *waiter) {
  std::lock_guard<std::mutex> lock(mutex_);
  waiting_.emplace(id, waiter);
}

void LoopWaker::wake(uint32_t id) {
  std::lock_guard<std::mutex> lock(mutex_);
  ready_.push_back(id);
  signal();
}

void LoopWaker::forget(uint32_t id) {
  std::lock_guard<std::mutex> lock(mutex_);
  waiting_.erase(id);
}

void LoopWaker::log(int level, const std::string &text) {
  std::lock_guard<std::mutex> lock(mutex_);
  lines_.emplace_back(level, text);
  signal();
}

void LoopWaker::print_lines() {
  std::vector<std::pair<int, std::string>> lines;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    lines.swap(lines_);
  }
  for (const auto &[level, text] : lines) print_to_host_log(level, text);
}

// Returns the coroutine whose flush got its reply first, and forgets it; null when all have been resumed.
void *LoopWaker::next_ready() {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t passed = 0;
  void *coroutine = nullptr;
  while (coroutine == nullptr && passed < ready_.size()) {
    const auto found = waiting_.find(ready_[passed++]);
    if (found == waiting_.end()) continue;
    coroutine = found->second;
    waiting_.erase(found);
  }
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(passed));
  return coroutine;
}

// Resumes the ready coroutines, as flb_coro_resume() does. Runs on the host's thread, outside of any coroutine. Each
// coroutine switches back to here when its flush is over.
int LoopWaker::on_event(void *event) {
  LoopWaker *waker = static_cast<Event *>(event)->waker;
  const LoopFunctions *host = loop_functions();
  uint64_t count = 0;
  (void)!read(waker->descriptor_, &count, sizeof count);
  waker->print_lines();
  while (void *ready = waker->next_ready()) {
    auto *coroutine = static_cast<flb_coro *>(ready);
    const int caller = caller_index;
    host->coro_set(coroutine);
    coroutine->words[caller] = host->co_active();
    host->co_switch(coroutine->words[caller + 1]);
  }
  remove_unused();
  return 0;
}

}  // namespace kinesis
