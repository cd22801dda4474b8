// What the core can ask of the host, wherever the core runs; the binding passes it on.
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
  /// Of a flush: what its chunk has, and whether a thread of the host's blocks for it.
  size_t chunk_bytes = 0;
  bool blocks = false;
  std::string tag;
};

/// The memory of a chunk, valid until its flush is answered.
struct Chunk {
  const void *data = nullptr;
  size_t bytes = 0;
};

/// Called on Node's thread.
class Host {
 public:
  /// The core is up and takes requests by `post`, which any thread may call.
  virtual void ready(bool (*post)(uint32_t request_id)) = 0;

  /// The core cannot run here; the message says why.
  virtual void refuse(const std::string &message) = 0;

  /// Node's loop has come to its end: no more requests are taken, and all that wait are released.
  virtual void gone() = 0;

  /// Node wants to end the process.
  [[noreturn]] virtual void abandoned() = 0;

  /// A request that was posted; nothing when nobody waits for it any more.
  virtual std::optional<Task> take(uint32_t request_id) = 0;

  /// The chunk of a flush. Nothing when it is on its way: the request is posted once more when it has come, as one of
  /// kind kChunk. Without data when nobody waits for the flush any more, and perhaps when the chunk is empty.
  virtual std::optional<Chunk> chunk(uint32_t request_id) = 0;

  /// Answers a request. Its chunk is gone then.
  virtual void answer(uint32_t request_id, int64_t value) = 0;

  /// The core is still at a request that is waited for with a time limit, which starts anew.
  virtual void extend(uint32_t request_id) = 0;

  /// The value of an option of the instance whose init waits.
  virtual std::optional<std::string> option(uint32_t request_id, const std::string &key) = 0;

  /// Those of the names, of an option each, that are set for that instance.
  virtual std::vector<std::string> set_options(uint32_t request_id, const std::vector<std::string> &names) = 0;

  /// How the host's log knows that instance.
  virtual std::optional<LogIdentity> log_identity(uint32_t request_id) = 0;

  /// Whether the host has a log, and a line for it: false when no thread of the host's waits that could write it.
  virtual bool has_log() = 0;
  virtual bool log(int level, const std::string &text) = 0;

  /// Makes the metrics of the instance whose init waits, adds to them and counts in them: see HostMetrics.
  virtual uint32_t open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) = 0;
  virtual uint32_t add_metric_series(uint32_t set, const std::string &label, const std::string &value) = 0;
  virtual bool update_metrics(uint32_t set, const double *pairs, size_t count) = 0;

  /// Where Node runs and why there, for a line in the log.
  virtual std::string place() = 0;

  /// Writes a text to Fluent Bit's standard error, unless it would have to wait; see Messages::write.
  virtual void write_message(const std::string &text) = 0;

  /// Ends Fluent Bit at once.
  [[noreturn]] virtual void exit_process(int status) = 0;

 protected:
  ~Host() = default;
};

}  // namespace kinesis
