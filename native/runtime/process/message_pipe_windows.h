// Copies what a program writes to its standard error to that of this process, on Windows.
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <string>

namespace kinesis {

/// A console that is inherited by a program with CREATE_NO_WINDOW is that program's own, which nobody sees; and a
/// service has no standard error at all.
class MessagePipe {
 public:
  MessagePipe() = default;
  MessagePipe(const MessagePipe &) = delete;
  MessagePipe &operator=(const MessagePipe &) = delete;
  /// Closes the program's end here.
  ~MessagePipe();

  /// Opens the pipe, and starts a thread that reads it until no program has its end any more. Gives a reason when it
  /// cannot be, else an empty string.
  std::string open();

  /// What the program inherits as its standard error.
  HANDLE program_end() const { return program_end_; }

 private:
  HANDLE program_end_ = nullptr;
};

}  // namespace kinesis
