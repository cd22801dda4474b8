// Chooses the runtime, embedded or process, and passes Fluent Bit's calls to it.
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

  /// Chooses the runtime by KINESIS_RUNTIME, once, and starts the core there; see Runtime::start.
  std::string start();

  /// Sends a flush to the core, and returns the reply. The calling coroutine returns its thread meanwhile, or blocks
  /// where it cannot.
  int64_t flush(int64_t instance, const void *chunk, size_t bytes, const char *tag);

  /// Ends an output: none of its flushes is resumed any more, and nothing reads its chunks.
  int64_t exit(int64_t instance);

  /// See Runtime::call.
  int64_t call(const std::shared_ptr<Request> &request);

 private:
  ChosenRuntime() = default;
  std::string choose();
  Runtime *runtime();
  uint32_t begin(const std::shared_ptr<Request> &flush);

  std::mutex mutex_;
  Runtime *runtime_ = nullptr;  // guarded by mutex_
};

}  // namespace kinesis
