// Knows which instances are open, for hosts that name a wrong one at an exit.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace kinesis {

/// The open instances of this process. Any thread may call.
class OpenInstances {
 public:
  static OpenInstances &get();

  /// Adds an instance whose init has succeeded.
  void add(int64_t number);

  /// Whether any instance is open.
  bool has_any();

  /// Takes the instance that an exit ends: the named one, or the oldest when that one is not open. Fluent Bit 1.8 names
  /// its last output at the exit of each. Nothing when none is open.
  std::optional<int64_t> take(int64_t number);

 private:
  std::mutex mutex_;
  std::vector<int64_t> numbers_;  // the oldest first
};

}  // namespace kinesis
