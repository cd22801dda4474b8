// The table of waiting requests: who waits, who is answered, who is released when Node is gone.
#include "request.h"

#include <chrono>

#include "flb_proxy_abi.h"
#include "host_log.h"

namespace kinesis {

RequestTable &RequestTable::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *table = new RequestTable();
  return *table;
}

uint32_t RequestTable::add(Request &request) {
  std::lock_guard<std::mutex> lock(mutex_);
  while (next_id_ == 0 || waiting_.count(next_id_) != 0) next_id_++;
  waiting_.emplace(next_id_, &request);
  return next_id_++;
}

std::optional<int64_t> RequestTable::wait(uint32_t id, Request &request, std::optional<int64_t> timeout_ms) {
  std::unique_lock<std::mutex> lock(mutex_);
  auto woken = [&request] { return request.answer.has_value() || !request.lines.empty(); };
  // On the system clock: ThreadSanitizer does not know pthread_cond_clockwait, which the steady clock would call.
  const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms.value_or(0));
  for (;;) {
    if (!timeout_ms) {
      request.answered.wait(lock, woken);
    } else if (!request.answered.wait_until(lock, deadline, woken)) {
      waiting_.erase(id);
      return std::nullopt;
    }
    if (request.lines.empty()) return request.answer;
    std::vector<std::pair<int, std::string>> lines;
    lines.swap(request.lines);
    lock.unlock();
    for (const auto &[level, text] : lines) print_to_host_log(level, text);
    lock.lock();
  }
}

// The request of the lowest id takes them all, so that lines stay in their order. While a stop waits the process is at
// its end, where the host's log is no more.
bool RequestTable::say(int level, const std::string &text) {
  std::lock_guard<std::mutex> lock(mutex_);
  Request *oldest = nullptr;
  uint32_t lowest = 0;
  for (const auto &[id, request] : waiting_) {
    if (request->kind == RequestKind::kStop) return false;
    if (oldest == nullptr || id < lowest) {
      oldest = request;
      lowest = id;
    }
  }
  if (oldest == nullptr) return false;
  oldest->lines.emplace_back(level, text);
  oldest->answered.notify_one();
  return true;
}

bool RequestTable::answer(uint32_t id, int64_t value) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = waiting_.find(id);
  if (found == waiting_.end()) return false;
  found->second->answer = value;
  found->second->answered.notify_one();
  waiting_.erase(found);
  return true;
}

void RequestTable::release_all() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto &[id, request] : waiting_) {
    request->answer = answer_without_core(request->kind);
    request->answered.notify_one();
  }
  waiting_.clear();
}

int64_t answer_without_core(RequestKind kind) { return kind == RequestKind::kFlush ? kFlbRetry : -1; }

}  // namespace kinesis
