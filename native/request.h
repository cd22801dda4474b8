// One call of Fluent Bit that waits for the core's answer, and the table of all that wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host_instance.h"

namespace kinesis {

/// What Fluent Bit asks of the core. The numbers are part of the contract with src/binding.ts.
enum class RequestKind : uint32_t { kInit = 0, kFlush = 1, kExit = 2, kStop = 3 };

/// A request lives on the stack of the thread that waits for it; everything it points to is the host's and is valid
/// until wait() has returned.
struct Request {
  explicit Request(RequestKind kind) : kind(kind) {}

  RequestKind kind;
  int64_t instance = -1;
  const void *chunk = nullptr;
  size_t chunk_bytes = 0;
  const char *tag = "";
  HostInstance *host_instance = nullptr;  // of an init

  // Guarded by the table's mutex.
  std::optional<int64_t> answer;
  std::vector<std::pair<int, std::string>> lines;  // for the host's log, with their levels
  std::condition_variable answered;
};

/// Requests by id. Fluent Bit's threads add and wait; Node's thread finds and answers. One mutex guards it all: a
/// request is answered, or released, exactly once, and its waiter cannot leave while another thread holds it.
class RequestTable {
 public:
  /// The one table of this process.
  static RequestTable &get();

  /// Gives the request an id under which it can be answered.
  uint32_t add(Request &request);

  /// Blocks until the request has its answer. With a timeout in milliseconds, gives up after it and answers nothing.
  std::optional<int64_t> wait(uint32_t id, Request &request, std::optional<int64_t> timeout_ms = std::nullopt);

  /// Hands a line for the host's log to a thread that waits, which writes it at once; false when none does.
  bool say(int level, const std::string &text);

  /// Answers a request; false when there is none of that id (answered or released before).
  bool answer(uint32_t id, int64_t value);

  /// Answers every waiting request as when there is no core.
  void release_all();

  /// Calls `use` with the request under the lock; false when it no longer waits.
  template <typename Use>
  bool with(uint32_t id, Use use) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = waiting_.find(id);
    if (found == waiting_.end()) return false;
    use(*found->second);
    return true;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<uint32_t, Request *> waiting_;
  uint32_t next_id_ = 1;
};

/// What a request is answered when there is no core: retry for a flush, else -1.
int64_t answer_without_core(RequestKind kind);

}  // namespace kinesis
