// Adds, waits for, replies to and releases requests in the table of requests.
#include "fluent_bit/request.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "fluent_bit/flb_proxy_abi.h"
#include "fluent_bit/host_log.h"

namespace kinesis {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Maximum bytes of copied chunks: memory that the host does not count. A chunk usually has 2 MB.
constexpr size_t kMaxCopiedBytes = 64 * 1024 * 1024;
std::atomic<size_t> copied_bytes{0};

}  // namespace

Request::~Request() {
  if (copy_ != nullptr) copied_bytes -= chunk_bytes;
}

bool Request::copy_chunk() {
  if (chunk_bytes == 0) return true;
  if ((copied_bytes += chunk_bytes) > kMaxCopiedBytes) {
    copied_bytes -= chunk_bytes;
    return false;
  }
  copy_.reset(new char[chunk_bytes]);
  memcpy(copy_.get(), chunk, chunk_bytes);
  chunk = copy_.get();
  return true;
}

void Request::forget_chunk() {
  if (copy_ == nullptr) chunk = nullptr;
}

RequestTable &RequestTable::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *table = new RequestTable();
  return *table;
}

uint32_t RequestTable::add(const std::shared_ptr<Request> &request) {
  std::lock_guard<std::mutex> lock(mutex_);
  while (next_id_ == 0 || requests_.count(next_id_) != 0) next_id_++;
  requests_.emplace(next_id_, request);
  if (request->waker != nullptr) request->waker->expect(next_id_, request->waiter);
  return next_id_++;
}

std::optional<int64_t> RequestTable::wait(uint32_t id, std::optional<int64_t> timeout_ms) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = requests_.find(id);
  if (found == requests_.end()) return std::nullopt;
  const std::shared_ptr<Request> request = found->second;
  request->deadline = Clock::now() + milliseconds(timeout_ms.value_or(0));
  while (!request->lines.empty() || !request->reply) {
    if (!request->lines.empty()) {
      std::vector<std::pair<int, std::string>> lines;
      lines.swap(request->lines);
      lock.unlock();
      for (const auto &[level, text] : lines) print_to_host_log(level, text);
      lock.lock();
    } else if (!timeout_ms) {
      request->replied.wait(lock);
    } else {
      // A copy: another thread may extend it meanwhile.
      const auto deadline = request->deadline;
      if (request->replied.wait_until(lock, deadline) == std::cv_status::timeout && Clock::now() >= request->deadline) {
        break;
      }
    }
  }
  requests_.erase(id);
  return request->reply;
}

int64_t RequestTable::take(uint32_t id) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = requests_.find(id);
  if (found == requests_.end()) return kFlbRetry;
  const int64_t value = found->second->reply.value_or(kFlbRetry);
  requests_.erase(found);
  return value;
}

void RequestTable::extend(uint32_t id, int64_t timeout_ms) {
  with(id, [timeout_ms](Request &request) { request.deadline = Clock::now() + milliseconds(timeout_ms); });
}

// A blocked thread writes the line immediately; the event loop of a flush writes it when its turn comes. The request
// with the lowest id takes all lines, which keeps their order. While a stop waits, the process is ending, and the
// host's log is gone.
bool RequestTable::log(int level, const std::string &text) {
  std::lock_guard<std::mutex> lock(mutex_);
  Request *blocked = nullptr, *parked = nullptr;
  uint32_t lowest_blocked = 0, lowest_parked = 0;
  const auto keep_lower = [](uint32_t id, Request *request, uint32_t &lowest, Request *&found) {
    if (found != nullptr && id > lowest) return;
    found = request;
    lowest = id;
  };
  for (const auto &[id, request] : requests_) {
    if (request->kind == RequestKind::kStop) return false;
    if (request->reply || request->abandoned) continue;
    if (request->waker == nullptr) {
      keep_lower(id, request.get(), lowest_blocked, blocked);
    } else {
      keep_lower(id, request.get(), lowest_parked, parked);
    }
  }
  if (blocked != nullptr) {
    blocked->lines.emplace_back(level, text);
    blocked->replied.notify_one();
    return true;
  }
  if (parked != nullptr) parked->waker->log(level, text);
  return parked != nullptr;
}

bool RequestTable::has_open() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(requests_.begin(), requests_.end(), [](const auto &one) { return !one.second->reply; });
}

bool RequestTable::reply(uint32_t id, int64_t value) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = requests_.find(id);
  if (found == requests_.end() || found->second->reply) return false;
  // An abandoned request is removed with its reply; any other when its waiter has taken the reply.
  const std::shared_ptr<Request> request = found->second;
  if (request->abandoned) requests_.erase(found);
  settle(id, *request, value);
  return true;
}

void RequestTable::settle(uint32_t id, Request &request, int64_t value) {
  request.reply = value;
  if (request.waker != nullptr) {
    request.waker->wake(id);
  } else {
    request.replied.notify_one();
  }
}

void RequestTable::release_all() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto entry = requests_.begin(); entry != requests_.end();) {
    const auto [id, request] = *entry;
    if (!request->reply) settle(id, *request, reply_without_core(request->kind));
    entry = request->abandoned ? requests_.erase(entry) : std::next(entry);
  }
}

bool RequestTable::forget_chunk(uint32_t id, bool may_wait) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = requests_.find(id);
  if (found == requests_.end()) return true;
  const std::shared_ptr<Request> flush = found->second;
  flush->forget_chunk();
  if (!flush->is_read) return true;
  while (may_wait && !flush->reply) flush->replied.wait(lock);
  return flush->reply.has_value();
}

template <typename Matches>
std::vector<uint32_t> RequestTable::abandon(Matches matches) {
  std::vector<uint32_t> waiting;
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto entry = requests_.begin(); entry != requests_.end();) {
    const auto [id, request] = *entry;
    if (request->abandoned || request->waker == nullptr || !matches(*request)) {
      ++entry;
      continue;
    }
    request->waker->forget(id);
    request->waker = nullptr;
    request->abandoned = true;
    if (!request->reply) waiting.push_back(id);
    entry = request->reply ? requests_.erase(entry) : std::next(entry);
  }
  return waiting;
}

std::vector<uint32_t> RequestTable::abandon_instance(int64_t instance) {
  return abandon([instance](const Request &request) { return request.instance == instance; });
}

std::vector<uint32_t> RequestTable::abandon_waker(const Waker *waker) {
  return abandon([waker](const Request &request) { return request.waker == waker; });
}

int64_t reply_without_core(RequestKind kind) { return kind == RequestKind::kFlush ? kFlbRetry : -1; }

}  // namespace kinesis
