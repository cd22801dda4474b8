// Numbers the output instances, and keeps the open ones in the order of their inits.
#include "fluent_bit/open_instances.h"

#include <algorithm>

namespace kinesis {

OpenInstances &OpenInstances::get() {
  // Never destroyed: threads of the host may outlive static destruction.
  static auto *instances = new OpenInstances();
  return *instances;
}

int64_t OpenInstances::reserve() {
  std::lock_guard<std::mutex> lock(mutex_);
  int64_t number = 0;
  while (reserved_.count(number) != 0) number++;
  reserved_.insert(number);
  return number;
}

void OpenInstances::add(int64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  open_.push_back(number);
}

void OpenInstances::release(int64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  reserved_.erase(number);
}

bool OpenInstances::has_any() {
  std::lock_guard<std::mutex> lock(mutex_);
  return !open_.empty();
}

std::optional<int64_t> OpenInstances::take(int64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find(open_.begin(), open_.end(), number);
  if (found == open_.end()) return std::nullopt;
  open_.erase(found);
  return number;
}

std::optional<int64_t> OpenInstances::take_oldest() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (open_.empty()) return std::nullopt;
  const int64_t oldest = open_.front();
  open_.erase(open_.begin());
  return oldest;
}

}  // namespace kinesis
