// Ends a run of the core's process that does not come up, or gives no sign of life while requests wait for it.
#include "runtime/process/run_watch.h"

#include <chrono>
#include <utility>

#include "fluent_bit/request.h"
#include "platform/thread.h"
#include "runtime/seconds_variable.h"
#include "runtime/start_limit.h"
#include "runtime/time_limits.h"

namespace kinesis {
namespace {

using std::chrono::milliseconds;

constexpr size_t kRunWatchStackBytes = 128 * 1024;

constexpr SecondsVariable kSilenceLimit{"KINESIS_SILENCE_TIMEOUT", 2, 3600, 30};
// Number of waits that make up the limit.
constexpr int kWaits = 10;

std::string seconds_of(int64_t seconds) { return std::to_string(seconds) + " s (" + kSilenceLimit.name + ")"; }

}  // namespace

std::string complaint_of_silence_timeout() { return kSilenceLimit.complaint(); }

std::string RunWatch::start(std::function<void()> end) {
  end_ = std::move(end);
  const std::string error = start_quiet_thread(
      kRunWatchStackBytes, [](void *self) { static_cast<RunWatch *>(self)->watch(); }, this, thread_);
  has_thread_ = error.empty();
  return error;
}

void RunWatch::came_up() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_up_ = true;
  changed_.notify_all();
}

void RunWatch::request_added() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (has_request_) return;
  has_request_ = true;
  changed_.notify_all();
}

void RunWatch::stop() {
  if (!has_thread_) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  pthread_join(thread_, nullptr);
  has_thread_ = false;
}

void RunWatch::watch() {
  name_thread("kinesis-watch");
  std::unique_lock<std::mutex> lock(mutex_);
  if (!changed_.wait_for(lock, milliseconds(start_timeout_ms()), [this] { return is_up_ || is_over_; })) {
    verdict_ = lateness();
  }
  while (verdict_.empty()) {
    changed_.wait(lock, [this] { return has_request_ || is_over_; });
    if (is_over_) return;
    has_request_ = false;
    if (is_silent(lock)) break;
  }
  lock.unlock();
  end_();
}

// Returns true, with a verdict, when the run is silent or stuck; false when no request is open any more, or the run is
// over.
bool RunWatch::is_silent(std::unique_lock<std::mutex> &lock) {
  const milliseconds wait(1000 * kSilenceLimit.seconds() / kWaits);
  uint64_t signs = signs_, turns = turns_;
  int waits_without_sign = 0, waits_without_turn = 0;
  while (RequestTable::get().has_open()) {
    if (changed_.wait_for(lock, wait, [this] { return is_over_; })) return false;
    const uint64_t signs_now = signs_, turns_now = turns_;
    waits_without_sign = signs_now == signs ? waits_without_sign + 1 : 0;
    waits_without_turn = turns_now == turns ? waits_without_turn + 1 : 0;
    signs = signs_now;
    turns = turns_now;
    if (waits_without_sign >= kWaits) {
      verdict_ = "has given no sign for " + seconds_of(kSilenceLimit.seconds()) + " while requests waited for it";
      return true;
    }
    if (waits_without_turn >= kWaits * kStuckFactor) {
      verdict_ =
          "has run one script for " + std::to_string(kStuckFactor) + " times " + seconds_of(kSilenceLimit.seconds());
      return true;
    }
  }
  return false;
}

}  // namespace kinesis
