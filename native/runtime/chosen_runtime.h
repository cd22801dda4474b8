// Chooses the runtime: Node.js embedded in this process, or in a process of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/runtime.h"

namespace kinesis {

/// The runtime of the one core of this process, shared by all outputs.
class ChosenRuntime {
 public:
  static ChosenRuntime &get();

  /// Chooses the place by KINESIS_RUNTIME, once, and starts the core there; see Runtime::start.
  std::string start();

  /// Sends a flush to the core. The calling coroutine returns its thread until the answer is there, or blocks where
  /// it can't.
  int64_t flush(int64_t instance, const void *chunk, size_t bytes, const char *tag);

  /// Ends an output: no flush of it is resumed any more, nothing reads its chunks.
  int64_t exit(int64_t instance);

  /// See Runtime::ask.
  int64_t ask(const std::shared_ptr<Request> &request);

 private:
  ChosenRuntime() = default;
  std::string choose();
  Runtime *runtime();
  uint32_t begin(const std::shared_ptr<Request> &flush);

  std::mutex mutex_;
  Runtime *runtime_ = nullptr;  // guarded by mutex_
};

}  // namespace kinesis
