// Watches a run of the core's process: ends one that does not come up, or shows no sign of life while requests wait for
// it.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace kinesis {

/// What is wrong with KINESIS_SILENCE_TIMEOUT, for the user; empty when it can be used.
std::string complaint_of_silence_timeout();

/// Has a thread of its own, since every other one may be held by the process that it watches.
///
/// The process's core sends a sign twice a second while requests are open, from a thread that runs no scripts: neither
/// those nor V8 hold it up. Silence is counted in waits of this thread, so a machine that stands still as a whole, with
/// both processes, counts at most one.
class RunWatch {
 public:
  ~RunWatch() { stop(); }

  /// Starts the watch and the time for the start. `end` is called at most once, on the watch's thread, and has to end
  /// the process and its connection. Gives a reason when there can be no thread, else an empty string.
  std::string start(std::function<void()> end);

  /// The core is up.
  void came_up();
  /// Something was asked of the core: a request is in the table.
  void asked();
  /// A frame of the process has come.
  void sign() { signs_++; }
  /// It came from Node's thread, which runs the scripts.
  void turn() { turns_++; }

  /// Ends the watch, which calls nothing any more.
  void stop();

  /// Why the process was ended: follows its name. Empty when the watch has not ended it. After stop().
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
  bool is_up_ = false;     // guarded by mutex_
  bool is_asked_ = false;  // guarded by mutex_; since the watch rests
  bool is_over_ = false;   // guarded by mutex_
  std::string verdict_;    // written by the watch's thread
};

}  // namespace kinesis
