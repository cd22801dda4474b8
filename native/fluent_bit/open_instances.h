// Numbers the output instances, and knows which are open, for hosts that name a wrong one, or none, at an exit.
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

  /// Returns the smallest free number, for an instance whose init begins. It is taken until release().
  int64_t reserve();

  /// Adds an instance whose init has succeeded.
  void add(int64_t number);

  /// Frees the number of an instance whose init has failed, or whose exit is over.
  void release(int64_t number);

  /// Whether any instance is open.
  bool has_any();

  /// Takes the named instance, which is to end; nothing when that is not open.
  std::optional<int64_t> take(int64_t number);

  /// Takes the instance that was opened first; nothing when none is open.
  std::optional<int64_t> take_oldest();

 private:
  std::mutex mutex_;
  std::set<int64_t> reserved_;
  std::vector<int64_t> open_;  // the oldest first
};

}  // namespace kinesis
