// Suspends waiting flushes in Fluent Bit's coroutines, and resumes them from its event loops.
#pragma once

#include <pthread.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fluent_bit/request.h"

namespace kinesis {

/// Whether the host may free a chunk before it ends its output, as Fluent Bit before 2.1.1 does. Also true for a few
/// later versions, which cannot be distinguished from it.
bool host_frees_chunks_early();

/// Wakes the coroutines of one thread of the host through that thread's event loop. A waker exists while at least one
/// of them waits, and takes one file descriptor.
///
/// Only its own thread creates, yields, resumes and removes it. Any thread may call the functions of Waker, with the
/// table's lock held. The host never resumes a coroutine that it gives up, and frees the coroutine's stack, so nothing
/// of a waker lies on that stack.
class LoopWaker final : public Waker {
 public:
  /// Returns the calling thread's waker, and sets `waiter` to the running coroutine. Returns null when the thread runs
  /// no coroutine of the host that can be resumed: the flush has to block.
  /// @param withdraw takes back the flushes that still wait when the thread ends; returns when nothing reads their
  /// chunks
  static LoopWaker *for_this_flush(void (*withdraw)(uint32_t id), void *&waiter);

  /// Returns the thread to the host until the flush is woken. Called by the coroutine itself, which must own nothing
  /// meanwhile.
  static void yield(void *waiter);

  /// Removes the calling thread's waker unless a flush waits for it.
  static void remove_unused();

  void expect(uint32_t id, void *waiter) override;
  void wake(uint32_t id) override;
  void forget(uint32_t id) override;
  void log(int level, const std::string &text) override;

 private:
  struct Event;

  LoopWaker(void *loop, void (*withdraw)(uint32_t id)) : loop_(loop), withdraw_(withdraw) {}
  ~LoopWaker() = default;
  static int on_event(void *event);
  static void on_thread_end(void *waker);
  static pthread_key_t key();
  bool open();
  void close(bool has_loop);
  void signal();
  void print_lines();
  void *next_ready();

  void *const loop_;
  void (*const withdraw_)(uint32_t id);
  Event *event_ = nullptr;
  int descriptor_ = -1;

  std::mutex mutex_;
  std::unordered_map<uint32_t, void *> waiting_;    // guarded by mutex_; coroutines by the ids of their flushes
  std::vector<uint32_t> ready_;                     // guarded by mutex_
  std::vector<std::pair<int, std::string>> lines_;  // guarded by mutex_
};

}  // namespace kinesis
