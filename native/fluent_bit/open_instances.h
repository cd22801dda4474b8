// The open output instances, for hosts that pass a wrong one, or none, at an exit.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace kinesis {

/// The output instances of this process. Any thread may call.
class OpenInstances {
 public:
  static OpenInstances &get();

  /// Reserves the smallest free number for an instance whose init begins, until release().
  int64_t reserve();

  /// Adds an instance whose init has succeeded.
  void add(int64_t number);

  /// Frees the number of an instance whose init has failed, or whose exit is over.
  void release(int64_t number);

  /// Whether any instance is open.
  bool has_any();

  /// Removes an instance that is about to end, and returns its number; nothing when it is not open.
  std::optional<int64_t> take(int64_t number);

  /// Removes the instance that was opened first, and returns its number; nothing when none is open.
  std::optional<int64_t> take_oldest();

 private:
  std::mutex mutex_;
  std::set<int64_t> reserved_;
  std::vector<int64_t> open_;  // the oldest first
};

}  // namespace kinesis
