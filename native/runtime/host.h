// Interface of the host that the core calls through the binding, in either runtime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fluent_bit/host_instance.h"
#include "fluent_bit/host_metrics.h"
#include "fluent_bit/request.h"

namespace kinesis {

/// A request as the core gets it.
struct Task {
  RequestKind kind = RequestKind::kFlush;
  int64_t instance = -1;
  /// Of a flush: the bytes of its chunk, and whether a thread of the host blocks for the reply.
  size_t chunk_bytes = 0;
  bool blocks = false;
  std::string tag;
};

/// Memory of a chunk, valid until the reply to its flush.
struct Chunk {
  const void *data = nullptr;
  size_t bytes = 0;
};

/// The host. All functions are called on Node's thread.
class Host {
 public:
  /// Reports that the core is up and takes requests by `post`, which any thread may call.
  virtual void ready(bool (*post)(uint32_t request_id)) = 0;

  /// Reports that the core cannot run here, with the reason.
  virtual void refuse(const std::string &message) = 0;

  /// Reports the end of Node's loop: takes no more requests, and releases all that wait.
  virtual void gone() = 0;

  /// Called when Node wants to end the process.
  [[noreturn]] virtual void abandoned() = 0;

  /// Returns a posted request; nothing when the host no longer waits for it.
  virtual std::optional<Task> take(uint32_t request_id) = 0;

  /// Returns the chunk of a flush. Returns nothing while the chunk is in transit: the request is posted again, with the
  /// kind kChunk, when the chunk has arrived. Returns a chunk without data when the host no longer waits for the flush,
  /// and perhaps for an empty chunk.
  virtual std::optional<Chunk> chunk(uint32_t request_id) = 0;

  /// Replies to a request. Its chunk is gone then.
  virtual void reply(uint32_t request_id, int64_t value) = 0;

  /// Restarts the time limit of a request that the core still works on.
  virtual void extend(uint32_t request_id) = 0;

  /// Returns the value of an option of the instance whose init waits.
  virtual std::optional<std::string> option(uint32_t request_id, const std::string &key) = 0;

  /// Returns the subset of option names that the user has set for that instance.
  virtual std::vector<std::string> set_options(uint32_t request_id, const std::vector<std::string> &names) = 0;

  /// Returns how the host's log knows that instance.
  virtual std::optional<LogIdentity> log_identity(uint32_t request_id) = 0;

  /// has_log() returns whether the host has a log. log() writes a line to it; false when no waiting thread of the host
  /// can.
  virtual bool has_log() = 0;
  virtual bool log(int level, const std::string &text) = 0;

  /// Make metrics for the instance whose init waits, add series to them, and count in them: see HostMetrics.
  virtual uint32_t open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) = 0;
  virtual uint32_t add_metric_series(uint32_t set, const std::string &label, const std::string &value) = 0;
  virtual bool update_metrics(uint32_t set, const double *pairs, size_t count) = 0;

  /// Returns where Node runs and why there, for a line in the log.
  virtual std::string place() = 0;

  /// Writes a text to Fluent Bit's standard error, unless that would have to wait; see Messages::write.
  virtual void write_message(const std::string &text) = 0;

  /// Ends Fluent Bit immediately.
  [[noreturn]] virtual void exit_process(int status) = 0;

 protected:
  ~Host() = default;
};

}  // namespace kinesis
