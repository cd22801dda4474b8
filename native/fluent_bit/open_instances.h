// Knows which instances are open, for hosts that name a wrong one, or none, at an exit.
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

  /// Takes the named instance; nothing when that is not open.
  std::optional<int64_t> take(int64_t number);

  /// Takes the instance that was opened first; nothing when none is open.
  std::optional<int64_t> take_oldest();

 private:
  std::mutex mutex_;
  std::vector<int64_t> numbers_;  // the oldest first
};

}  // namespace kinesis
