// Chooses where the core runs, in this process or in one of its own.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "runtime.h"

namespace kinesis {

/// The one core of this process, shared by all output instances.
class Core {
 public:
  static Core &get();

  /// Chooses the place by KINESIS_RUNTIME, once, and starts the core there; see Runtime::start.
  std::string start();

  /// See Runtime::ask.
  int64_t ask(Request &request);

 private:
  Core() = default;
  std::string choose();

  std::mutex mutex_;
  Runtime *runtime_ = nullptr;  // guarded by mutex_
};

}  // namespace kinesis
