// Lets a flush give the host's thread back while it waits: the host's coroutines and event loops.
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

/// Whether the host may free a chunk before it ends its output, as Fluent Bit before 2.1.1 does. True also
/// for a few versions after it that cannot be told apart.
bool host_frees_chunks_early();

/// Wakes the coroutines of one thread of the host, through its event loop. A waker exists while any of them waits, and
/// takes one file descriptor.
///
/// Its thread alone creates it, yields, resumes and removes it. Any thread may call the functions of Waker, with the
/// table's lock held. The host never resumes a coroutine that it gives up, and frees its stack: nothing of a waker lies
/// there.
class LoopWaker final : public Waker {
 public:
  /// The waker of the calling thread, when a coroutine of the host runs on it that the waker can resume; `waiter`
  /// becomes that coroutine. Otherwise null: the flush has to block.
  /// @param withdraw takes the flushes that still wait when the thread ends, and returns when nothing reads their
  /// chunks
  static LoopWaker *for_this_flush(void (*withdraw)(uint32_t id), void *&waiter);

  /// Gives the thread back until the flush is woken. The caller is the coroutine itself, and owns nothing meanwhile.
  static void yield(void *waiter);

  /// Removes the calling thread's waker if nobody waits for it.
  static void remove_unused();

  void expect(uint32_t id, void *waiter) override;
  void wake(uint32_t id) override;
  void forget(uint32_t id) override;
  void say(int level, const std::string &text) override;

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
