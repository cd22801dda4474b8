// The host of a core in a separate process: forwards the core's calls over the connection to Fluent Bit's process.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "runtime/host.h"
#include "runtime/process/frame.h"

namespace kinesis {

/// The connection to the host. Node's thread makes the calls; a reader thread reads frames, also while Node is busy; a
/// third thread sends signs of life while requests are open. When Fluent Bit's process is gone, these threads end this
/// one.
class RemoteHost : public Host {
 public:
  /// Takes over the connection with whose names the process was started; once.
  static RemoteHost &connect(const std::string &names);

  explicit RemoteHost(const Connection &connection);

  /// Reads one frame and keeps its content; one thread at a time. Returns false when the connection is over, or the
  /// frame is invalid.
  bool receive();

  void ready(bool (*post)(uint32_t request_id)) override;
  void refuse(const std::string &message) override;
  void gone() override;
  [[noreturn]] void abandoned() override;
  std::optional<Task> take(uint32_t request_id) override;
  std::optional<Chunk> chunk(uint32_t request_id) override;
  void reply(uint32_t request_id, int64_t value) override;
  void extend(uint32_t request_id) override;
  std::optional<std::string> option(uint32_t request_id, const std::string &key) override;
  std::vector<std::string> set_options(uint32_t request_id, const std::vector<std::string> &names) override;
  std::optional<LogIdentity> log_identity(uint32_t request_id) override;
  bool has_log() override { return has_log_; }
  bool log(int level, const std::string &text) override;
  uint32_t open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) override;
  uint32_t add_metric_series(uint32_t set, const std::string &label, const std::string &value) override;
  bool update_metrics(uint32_t set, const double *pairs, size_t count) override;
  std::string place() override { return place_; }
  void write_message(const std::string &text) override;
  [[noreturn]] void exit_process(int status) override;

 private:
  struct Received {
    Task task;
    // Chunk of a flush, once it has arrived; null when the host no longer waits for the flush.
    std::unique_ptr<char[]> chunk;
    bool is_chunk_requested = false;
    bool has_chunk = false;
  };

  void read();
  void give_signs();
  void post(uint32_t request_id);
  bool receive_request(const Frame &frame);
  bool receive_chunk(const FrameHeader &header);
  bool receive_return(Frame frame);
  void send(const FrameHeader &header, std::string_view text = {}, const void *data = nullptr, size_t data_bytes = 0);
  Frame call(const FrameHeader &header, std::string_view text = {});

  const Connection connection_;
  bool has_log_ = false;
  std::string place_;
  Frame received_;      // only for the reader thread
  std::mutex sending_;  // one frame at a time

  std::mutex mutex_;
  std::condition_variable returned_;
  std::condition_variable requested_;                // the first of the open requests has come
  bool is_calling_ = false;                          // guarded by mutex_; a call waits for its return
  std::optional<Frame> return_;                      // guarded by mutex_
  bool is_turn_posted_ = false;                      // guarded by mutex_
  bool has_turned_ = false;                          // guarded by mutex_; Node's thread has run since the last sign
  std::unordered_map<uint32_t, Received> requests_;  // guarded by mutex_
  bool (*post_)(uint32_t) = nullptr;                 // guarded by mutex_; only Node's thread sets it
};

}  // namespace kinesis
