// Event loop of epoll with Fluent Bit's functions mk_event_add and mk_event_del, and a queue of jobs.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "fluent_bit/flb_proxy_abi.h"

namespace coroutine_host {

/// An event as the loop sees it. The words after the members that all versions have belong to the loop.
struct Event {
  mk_event head;
  uintptr_t later[5];
};

/// Makes mk_event_add fail, or work again.
void refuse_events(bool refuses);

/// An event loop. One thread runs it and adds events; any thread adds jobs.
class EventLoop {
 public:
  /// Returns the loop that the calling thread runs, or ran last.
  static EventLoop *current();

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop &) = delete;
  EventLoop &operator=(const EventLoop &) = delete;

  /// Adds a function that the loop calls.
  void add_job(std::function<void()> job);
  /// Runs until a job stops the loop. Calls `after_event` after each event.
  void run(const std::function<void()> &after_event);
  void stop() { is_running_ = false; }

  /// Number of events that a plugin has added.
  size_t events() const { return events_.size(); }

  // Called by the plugin, as mk_event_add and mk_event_del.
  static int add(void *loop, int descriptor, int type, uint32_t mask, void *event);
  static int remove(void *loop, void *event);

 private:
  void handle(Event *event);
  void do_jobs();

  int epoll_ = -1;
  int jobs_descriptor_ = -1;
  bool is_running_ = false;
  std::set<Event *> events_;
  std::mutex mutex_;
  std::vector<std::function<void()>> jobs_;  // guarded by mutex_
};

}  // namespace coroutine_host
