// Options and log identity of an output instance, cached for a core that starts anew after the init.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace kinesis {

/// Name of an output instance in the host's log, and the most verbose level that it logs: see host_log.h.
struct LogIdentity {
  std::string name;
  int level = 0;
};

/// An output instance. Used only while the thread that made it waits for its request (the caller holds the table's
/// lock).
class HostInstance {
 public:
  using GetProperty = const char *(*)(const char *key, void *output_instance);

  HostInstance(GetProperty get, void *output_instance) : get_(get), output_instance_(output_instance) {}

  /// Returns the value of an option, if it is set. Reads each option from Fluent Bit once; after forget_host(), only
  /// options that were read before are known.
  std::optional<std::string> option(const std::string &key);

  /// Whether an option is set. Not cached: false for every option after forget_host().
  bool is_set(const std::string &key) const;

  /// Returns nothing where Fluent Bit has no log for plugins. Read once.
  const std::optional<LogIdentity> &log_identity();

  /// Fluent Bit's object for the instance; null after forget_host().
  void *output_instance() const { return output_instance_; }

  /// Stops reading from Fluent Bit, since its init is over.
  void forget_host();

  /// Number of the metrics that the init opened, see HostMetrics; 0 for none.
  uint32_t metrics = 0;

 private:
  GetProperty get_;
  void *output_instance_;
  std::map<std::string, std::optional<std::string>> options_;
  std::optional<LogIdentity> log_identity_;
  bool is_log_read_ = false;
};

}  // namespace kinesis
