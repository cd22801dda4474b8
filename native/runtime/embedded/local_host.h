// The host of a core in this process. core_service.cc also uses it, for the calls of a core in a separate process.
#pragma once

#include "runtime/host.h"

namespace kinesis {

class LocalHost : public Host {
 public:
  static LocalHost &get();

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
  bool has_log() override;
  bool log(int level, const std::string &text) override;
  uint32_t open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) override;
  uint32_t add_metric_series(uint32_t set, const std::string &label, const std::string &value) override;
  bool update_metrics(uint32_t set, const double *pairs, size_t count) override;
  std::string place() override;
  void write_message(const std::string &text) override;
  [[noreturn]] void exit_process(int status) override;

 private:
  LocalHost() = default;
};

}  // namespace kinesis
