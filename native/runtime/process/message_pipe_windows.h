// Copies a started program's standard error to that of this process, on Windows.
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <string>

namespace kinesis {

/// Pipe for a program's standard error. A program with CREATE_NO_WINDOW would write to its own, hidden console instead
/// of an inherited one; and a service has no standard error.
class MessagePipe {
 public:
  MessagePipe() = default;
  MessagePipe(const MessagePipe &) = delete;
  MessagePipe &operator=(const MessagePipe &) = delete;
  /// Closes the program's end in this process.
  ~MessagePipe();

  /// Opens the pipe, and starts a thread that reads it until no program has its end any more. Returns a reason on
  /// failure, else an empty string.
  std::string open();

  /// The end that the program inherits as its standard error.
  HANDLE program_end() const { return program_end_; }

 private:
  HANDLE program_end_ = nullptr;
};

}  // namespace kinesis
