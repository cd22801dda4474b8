// A child process that ends with this process, however that ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/process/connection.h"

namespace kinesis {

class ChildProcess {
 public:
  /// Starts a program. The program gets the environment, `theirs` of the connection, standard error at
  /// `message_descriptor` (on Windows by a pipe), and nothing else that this process has open. It is killed when this
  /// process ends, and on Linux when the calling thread does. Returns a reason on failure, else an empty string. Closes
  /// `theirs` here in either case.
  std::string start(const std::string &program, const std::vector<std::string> &arguments,
                    const std::vector<std::string> &environment, const Connection &theirs, int message_descriptor);

  /// Waits for the program's end. Returns how it ended, such as "status 1" or "signal 9".
  std::string wait();

  /// Waits for the program's end for at most `timeout_ms`. Returns whether it has ended. Only before wait().
  bool has_ended_within(int64_t timeout_ms);

  /// Kills the program immediately. Only before wait().
  void kill();

 private:
  intptr_t id_ = -1;  // process id, or the process's handle on Windows
#ifdef _WIN32
  intptr_t job_ = -1;  // kills the program when this process is gone
#endif
};

/// Called in a started program: ignores signals that are meant for its host. The program ends when its host's process
/// does.
void live_as_child();

/// Whether the standard error of a started program is its host's. Otherwise the host copies the program's standard
/// error, in no order with the frames of the connection.
bool has_standard_error_of_host();

}  // namespace kinesis
