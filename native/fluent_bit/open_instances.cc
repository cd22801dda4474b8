// Keeps the numbers of the open instances in the order of their inits.
#include "fluent_bit/open_instances.h"

#include <algorithm>

namespace kinesis {

OpenInstances &OpenInstances::get() {
  // Never destroyed: threads of the host may outlive static destruction.
  static auto *instances = new OpenInstances();
  return *instances;
}

void OpenInstances::add(int64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  numbers_.push_back(number);
}

bool OpenInstances::has_any() {
  std::lock_guard<std::mutex> lock(mutex_);
  return !numbers_.empty();
}

std::optional<int64_t> OpenInstances::take(int64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find(numbers_.begin(), numbers_.end(), number);
  if (found == numbers_.end()) return std::nullopt;
  numbers_.erase(found);
  return number;
}

std::optional<int64_t> OpenInstances::take_oldest() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (numbers_.empty()) return std::nullopt;
  const int64_t oldest = numbers_.front();
  numbers_.erase(numbers_.begin());
  return oldest;
}

}  // namespace kinesis
