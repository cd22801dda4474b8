// Where the core runs, in this process or in one of its own, and how Fluent Bit's calls get there.
#pragma once

#include <cstdint>
#include <string>

#include "request.h"

namespace kinesis {

/// How long the end of an output, or of the process, waits for the core.
constexpr int64_t kStopTimeoutMs = 8000;

/// A place where Node runs the core.
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

/// The one core of this process, shared by all output instances.
class Core {
 public:
  static Core &get();

  /// Chooses the place by KINESIS_RUNTIME, once, and starts the core there; see Runtime::start.
  std::string start();

  /// See Runtime::ask.
  int64_t ask(Request &request);

  /// See Runtime::place.
  std::string place();

  /// The requests that wait, wherever the core runs.
  RequestTable &requests() { return requests_; }

 private:
  Core() = default;
  std::string choose();

  std::mutex mutex_;
  Runtime *runtime_ = nullptr;  // guarded by mutex_
  RequestTable requests_;
};

/// What a request is answered when there is no core: retry for a flush, else -1.
int64_t answer_without_core(RequestKind kind);

}  // namespace kinesis
