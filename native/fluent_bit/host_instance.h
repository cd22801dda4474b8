// What Fluent Bit says of one output instance, remembered so that a core which starts anew can be told again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace kinesis {

/// How the host's log knows an output instance, and how much of it it lets through: see host_log.h.
struct LogIdentity {
  std::string name;
  int level = 0;
};

/// Asked only while the thread that made it waits for its request (the caller holds the table's lock).
class HostInstance {
 public:
  using GetProperty = const char *(*)(const char *key, void *output_instance);

  HostInstance(GetProperty get, void *output_instance) : get_(get), output_instance_(output_instance) {}

  /// The value of an option, if it is set. Fluent Bit is asked once for each; after forget_host() only what was asked
  /// before is known.
  std::optional<std::string> option(const std::string &key);

  /// Whether an option is set. Not remembered: after forget_host(), none is.
  bool is_set(const std::string &key) const;

  /// Unset where Fluent Bit has no log for plugins. Asked once.
  const std::optional<LogIdentity> &log_identity();

  /// Fluent Bit's own object, null after forget_host().
  void *output_instance() const { return output_instance_; }

  /// Fluent Bit's init is over: from now on it is not asked.
  void forget_host();

  /// The set that an init opened, see HostMetrics; 0 for none.
  uint32_t metrics = 0;

 private:
  GetProperty get_;
  void *output_instance_;
  std::map<std::string, std::optional<std::string>> options_;
  std::optional<LogIdentity> log_identity_;
  bool is_log_asked_ = false;
};

}  // namespace kinesis
