// Reads and caches the options and log identity of an output instance, for a core that starts anew after the init.
#include "fluent_bit/host_instance.h"

#include "fluent_bit/host_log.h"
#include "platform/platform.h"

namespace kinesis {

std::optional<std::string> HostInstance::option(const std::string &key) {
  const auto known = options_.find(key);
  if (known != options_.end()) return known->second;
  if (get_ == nullptr || output_instance_ == nullptr) return std::nullopt;
  const char *found = get_(key.c_str(), output_instance_);
  auto &value = options_[key];
  if (found != nullptr) value = text_of_user(found);
  return value;
}

bool HostInstance::is_set(const std::string &key) const {
  return get_ != nullptr && output_instance_ != nullptr && get_(key.c_str(), output_instance_) != nullptr;
}

const std::optional<LogIdentity> &HostInstance::log_identity() {
  if (!is_log_read_ && output_instance_ != nullptr && has_host_log()) {
    log_identity_ = LogIdentity{host_name_of(output_instance_), host_log_level_of(output_instance_)};
  }
  is_log_read_ = true;
  return log_identity_;
}

void HostInstance::forget_host() { output_instance_ = nullptr; }

}  // namespace kinesis
