// A program that runs beside this process and ends with it, whatever becomes of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/process/connection.h"

namespace kinesis {

class ChildProcess {
 public:
  /// Starts a program. It gets the environment, `theirs` of the connection, standard error at `message_descriptor` (on
  /// Windows by a pipe), and nothing else that this process has open; it is killed when this process ends, and on Linux
  /// when the calling thread does. Gives a reason when it cannot be started, else an empty string. `theirs` is closed
  /// here either way.
  std::string start(const std::string &program, const std::vector<std::string> &arguments,
                    const std::vector<std::string> &environment, const Connection &theirs, int message_descriptor);

  /// Waits for the program's end. Gives what it was, such as "status 1" or "signal 9".
  std::string wait();

  /// Whether it has ended, after at most so long. Only before wait().
  bool has_ended_within(int64_t timeout_ms);

  /// Ends it at once. Only before wait().
  void kill();

 private:
  intptr_t id_ = -1;  // the process's number, or its handle on Windows
#ifdef _WIN32
  intptr_t job_ = -1;  // what kills it when this process is gone
#endif
};

/// In a program that was started so: a signal for its host is not for it, and it ends when its host's process does.
void live_as_child();

/// Whether the standard error of a program that was started so is its host's. Otherwise the host copies what comes
/// there, without an order between that and the frames of the connection.
bool has_standard_error_of_host();

}  // namespace kinesis
