// A call of Fluent Bit that waits for the core's reply, and the table of all such calls.
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

/// Kind of a request to the core. The numbers are part of the contract with src/host/binding.ts.
enum class RequestKind : uint32_t {
  kInit = 0,
  kFlush = 1,
  kExit = 2,
  kStop = 3,
  /// From the shim itself: `instance` is the id of a flush, to which the core replies immediately.
  kWithdraw = 4,
  /// To the core only: the chunk of a flush has arrived, see Host::chunk.
  kChunk = 5,
};

/// Wakes flushes that returned their thread, and writes to the host's log meanwhile. The table calls it, with its lock
/// held, for flushes that are neither taken nor abandoned.
class Waker {
 public:
  /// Registers a flush; `waiter` is the coroutine that will wait for the reply.
  virtual void expect(uint32_t id, void *waiter) = 0;
  /// Reports the reply to a flush: its coroutine is resumed on the host's thread.
  virtual void wake(uint32_t id) = 0;
  /// Removes a flush that is not resumed any more.
  virtual void forget(uint32_t id) = 0;
  /// Writes a line to the host's log, on the host's thread.
  virtual void log(int level, const std::string &text) = 0;

 protected:
  ~Waker() = default;
};

/// A call of Fluent Bit. Either the calling thread blocks until the reply, or `waker` resumes a coroutine with it. In
/// both cases the chunk and the instance are the host's, and valid until the reply.
struct Request {
  explicit Request(RequestKind kind) : kind(kind) {}
  ~Request();

  /// Copies the chunk, for a host that may free its own while the core still has it. Returns false when there are too
  /// many copies already.
  bool copy_chunk();
  bool is_copied() const { return copy_ != nullptr; }
  /// Forgets the host's chunk, which the host frees although the flush may have no reply yet. A copy stays.
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
  bool abandoned = false;  // the host gave the flush up, and its reply goes nowhere
  bool is_read = false;    // scripts in this process may read the chunk, until the reply
  std::optional<int64_t> reply;
  std::vector<std::pair<int, std::string>> lines;  // for the host's log, with their levels
  std::chrono::steady_clock::time_point deadline;
  std::condition_variable replied;

 private:
  std::unique_ptr<char[]> copy_;
};

/// Requests by id. Fluent Bit's threads add and wait; Node's thread finds and replies. One mutex guards it all: a
/// request gets its reply, or is released, exactly once, and its waiter cannot leave while another thread holds it.
class RequestTable {
 public:
  /// The one table of this process.
  static RequestTable &get();

  /// Adds a request. Returns the id by which the core replies.
  uint32_t add(const std::shared_ptr<Request> &request);

  /// Blocks until the request has its reply, removes it, and returns the reply. With a timeout in milliseconds, returns
  /// nothing when it expires, and ignores a later reply; `extend` restarts the timeout.
  std::optional<int64_t> wait(uint32_t id, std::optional<int64_t> timeout_ms = std::nullopt);

  /// Removes a request that has its reply, and returns the reply.
  int64_t take(uint32_t id);

  /// Restarts the timeout of a waiting request, which then expires in `timeout_ms`.
  void extend(uint32_t id, int64_t timeout_ms);

  /// Passes a line for the host's log to a waiting thread of the host, which writes it. Returns false when no thread
  /// waits.
  bool log(int level, const std::string &text);

  /// Whether a request waits for its reply.
  bool has_open();

  /// Replies to a request. Returns false for an unknown id (replied to or released before).
  bool reply(uint32_t id, int64_t value);

  /// Replies to every waiting request as when there is no core.
  void release_all();

  /// Stops resuming an instance's flushes that wait in coroutines. They stay in the table, with their chunks, until
  /// their replies. Returns the ids of those without a reply.
  std::vector<uint32_t> abandon_instance(int64_t instance);
  /// The same for the flushes of a waker.
  std::vector<uint32_t> abandon_waker(const Waker *waker);

  /// Forgets the chunk of an abandoned flush, which the host is about to free. Waits for scripts that read the chunk;
  /// when the call returns true, nothing reads it any more. Returns false immediately when a script reads it and
  /// `may_wait` is false.
  bool forget_chunk(uint32_t id, bool may_wait);

  /// Calls `use` with the request under the lock. Returns false when the request is unknown, or has its reply.
  template <typename Use>
  bool with(uint32_t id, Use use) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = requests_.find(id);
    if (found == requests_.end() || found->second->reply) return false;
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

/// Returns the reply to a request when there is no core: retry for a flush, else -1.
int64_t reply_without_core(RequestKind kind);

}  // namespace kinesis
