// One call of Fluent Bit that waits for the core's answer, and the table of all that wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fluent_bit/host_instance.h"

namespace kinesis {

/// What Fluent Bit asks of the core. The numbers are part of the contract with src/binding.ts.
enum class RequestKind : uint32_t {
  kInit = 0,
  kFlush = 1,
  kExit = 2,
  kStop = 3,
  /// From the shim itself: `instance` is the id of a flush, which the core answers at once.
  kWithdraw = 4,
  /// To the core alone: the chunk of a flush has come, see Host::chunk.
  kChunk = 5,
};

/// Wakes flushes that gave their thread back, and writes to the host's log meanwhile. The table calls it, with its lock
/// held, for flushes that have not been taken or abandoned.
class Waker {
 public:
  /// Expects the answer of a flush; `waiter` is the coroutine that will wait for it.
  virtual void expect(uint32_t id, void *waiter) = 0;
  /// The flush has its answer: its coroutine goes on, on the host's thread.
  virtual void wake(uint32_t id) = 0;
  /// Nobody goes on with the flush any more.
  virtual void forget(uint32_t id) = 0;
  /// Writes a line to the host's log, on the host's thread.
  virtual void say(int level, const std::string &text) = 0;

 protected:
  ~Waker() = default;
};

/// Either the calling thread blocks until the answer, or `waker` resumes a coroutine with it. In both cases the chunk,
/// the tag and the instance are the host's, and valid until then.
struct Request {
  explicit Request(RequestKind kind) : kind(kind) {}
  ~Request();

  /// Copies the chunk, for a host that may free its own while the core still has it. False when there are too many
  /// copies already.
  bool copy_chunk();
  bool is_copied() const { return copy_ != nullptr; }
  /// The host frees its chunk, though the flush may still have no answer. A copy stays.
  void forget_chunk();

  const RequestKind kind;
  int64_t instance = -1;
  const void *chunk = nullptr;
  size_t chunk_bytes = 0;
  std::string tag;
  HostInstance *host_instance = nullptr;  // of an init
  Waker *waker = nullptr;                 // null: the thread blocks
  void *waiter = nullptr;                 // for the waker

  // Guarded by the table's mutex.
  bool abandoned = false;  // the host gave the flush up, and its answer goes nowhere
  bool is_read = false;    // scripts in this process may read the chunk, until the answer
  std::optional<int64_t> answer;
  std::vector<std::pair<int, std::string>> lines;  // for the host's log, with their levels
  std::chrono::steady_clock::time_point deadline;
  std::condition_variable answered;

 private:
  std::unique_ptr<char[]> copy_;
};

/// Requests by id. Fluent Bit's threads add and wait; Node's thread finds and answers. One mutex guards it all: a
/// request is answered, or released, exactly once, and its waiter cannot leave while another thread holds it.
class RequestTable {
 public:
  /// The one table of this process.
  static RequestTable &get();

  /// Gives the request an id under which it can be answered.
  uint32_t add(const std::shared_ptr<Request> &request);

  /// Blocks until the request has its answer, and removes it. With a timeout in milliseconds it stops waiting after it,
  /// and the request is not answered any more; `extend` starts the time anew.
  std::optional<int64_t> wait(uint32_t id, std::optional<int64_t> timeout_ms = std::nullopt);

  /// Removes a request that has its answer, and returns it.
  int64_t take(uint32_t id);

  /// Gives a request that is waited for with a timeout that much time from now on.
  void extend(uint32_t id, int64_t timeout_ms);

  /// Hands a line for the host's log to a thread of the host that can write it. Returns false when no thread waits.
  bool say(int level, const std::string &text);

  /// Whether a request waits for its answer.
  bool has_open();

  /// Answers a request; returns false for an unknown id (answered or released before).
  bool answer(uint32_t id, int64_t value);

  /// Answers every waiting request as when there is no core.
  void release_all();

  /// Nobody resumes the flushes of an instance any more that wait in coroutines. They stay in the table, with their
  /// chunks, until they are answered. Returns their ids.
  std::vector<uint32_t> abandon_instance(int64_t instance);
  /// The same for the flushes of a waker.
  std::vector<uint32_t> abandon_waker(const Waker *waker);

  /// The host frees the chunk of a flush that nobody waits for: nothing reads it any more when the call returns. Waits
  /// for scripts that do. Returns false at once when they do and `may_wait` is false.
  bool forget_chunk(uint32_t id, bool may_wait);

  /// Calls `use` with the request under the lock; false when it is not there, or has its answer.
  template <typename Use>
  bool with(uint32_t id, Use use) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = requests_.find(id);
    if (found == requests_.end() || found->second->answer) return false;
    use(*found->second);
    return true;
  }

 private:
  template <typename Matches>
  std::vector<uint32_t> abandon(Matches matches);
  void settle(uint32_t id, Request &request, int64_t value);

  std::mutex mutex_;
  std::unordered_map<uint32_t, std::shared_ptr<Request>> requests_;
  uint32_t next_id_ = 1;
};

/// What a request is answered when there is no core: retry for a flush, else -1.
int64_t reply_without_core(RequestKind kind);

}  // namespace kinesis
