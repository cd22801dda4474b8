// Interface of a runtime: the place where Node runs the core, and the way of Fluent Bit's calls to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fluent_bit/request.h"

namespace kinesis {

/// Waits for the core's reply to an init, at most for the start limit. Returns -1 when the limit is reached first.
int64_t wait_for_init(uint32_t id);

class Runtime {
 public:
  /// Starts the core unless it is up. Returns a message for the user on failure, else an empty string.
  virtual std::string start() = 0;

  /// Sends a request to the core and waits for the reply. Returns retry for a flush, and -1 for anything else, when
  /// Node is not there (any more).
  virtual int64_t call(const std::shared_ptr<Request> &request) = 0;

  /// Sends a flush to the core. Returns its id in the table of requests, where its reply arrives; 0 when Node is not
  /// there.
  virtual uint32_t begin(const std::shared_ptr<Request> &flush) = 0;

  /// Returns where Node runs and why there, for a line in the log.
  virtual std::string place() = 0;

  /// Whether V8 may not compile there, which makes the core slow.
  virtual bool interprets() const = 0;

 protected:
  ~Runtime() = default;
};

}  // namespace kinesis
