// A place where Node runs the core, and how Fluent Bit's calls get there.
#pragma once

#include <cstdint>
#include <string>

#include "request.h"

namespace kinesis {

/// How long the end of an output, or of the process, waits for the core.
constexpr int64_t kStopTimeoutMs = 8000;

class Runtime {
 public:
  /// Starts the core unless it is up. On failure gives a message for the user, else an empty string.
  virtual std::string start() = 0;

  /// Sends a request to the core and waits for the answer. When Node is not there (any more), a flush is answered
  /// with retry and anything else with -1.
  virtual int64_t ask(Request &request) = 0;

  /// Where Node runs and why there, for a line in the log.
  virtual std::string place() = 0;

 protected:
  ~Runtime() = default;
};

}  // namespace kinesis
