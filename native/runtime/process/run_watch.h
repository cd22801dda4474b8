// Ends a run of the core's process that does not come up, or gives no sign of life while requests wait for it.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace kinesis {

/// Returns the user's error in KINESIS_SILENCE_TIMEOUT; empty when the value is valid.
std::string complaint_of_silence_timeout();

/// Watch of one run. Has its own thread, since the watched process may hold up every other one.
///
/// The core's process sends a sign every 500 ms while requests are open, from a thread that runs no scripts, so that
/// neither scripts nor V8 delay it. Silence is counted in waits of the watch's thread: when the whole machine stands
/// still, with both processes, that counts as at most one wait.
class RunWatch {
 public:
  ~RunWatch() { stop(); }

  /// Starts the watch, and the time limit of the run's start. Calls `end` at most once, on the watch's thread; `end`
  /// has to end the process and its connection. Returns a reason when there can be no thread, else an empty string.
  std::string start(std::function<void()> end);

  /// Reports that the core is up.
  void came_up();
  /// Reports that a request for the core is in the table.
  void request_added();
  /// Reports a frame of the process.
  void sign() { signs_++; }
  /// Reports a frame from Node's thread, which runs the scripts.
  void turn() { turns_++; }

  /// Ends the watch: it does not call `end` any more.
  void stop();

  /// Why the watch ended the process, as a predicate; empty when it did not. Valid after stop().
  const std::string &verdict() const { return verdict_; }

 private:
  void watch();
  bool is_silent(std::unique_lock<std::mutex> &lock);

  std::function<void()> end_;
  pthread_t thread_{};
  bool has_thread_ = false;
  std::atomic<uint64_t> signs_{0}, turns_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_up_ = false;        // guarded by mutex_
  bool has_request_ = false;  // guarded by mutex_; since the watch last rested
  bool is_over_ = false;      // guarded by mutex_
  std::string verdict_;       // written by the watch's thread
};

}  // namespace kinesis
