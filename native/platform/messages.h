// The plugin's own messages on standard error: never waits for its reader, and counts what that does not take.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>

#include "platform/standard_error.h"

namespace kinesis {

/// All of this process's. Any thread may write.
class Messages {
 public:
  static Messages &get();

  /// From here on messages go to the standard error of now.
  void keep_standard_error();
  /// The same in the process of the core, whose standard error is a descriptor() of its host's.
  void take_given_standard_error();

  /// Writes a message, with its newline, which is given in parts. One that cannot be written at once is lost; the next
  /// one that can be begins with the number of those before it. Does not allocate on Linux: an abort may have come from
  /// anywhere.
  void write(const std::string_view *parts, size_t count);

  /// Standard error, for a program that this process starts.
  int descriptor();

 private:
  Messages() = default;

  std::mutex mutex_;
  StandardError standard_error_;  // guarded by mutex_
  unsigned long lost_ = 0;        // guarded by mutex_; since the last message that was written
  bool is_cut_ = false;           // guarded by mutex_; the last bytes that were written end no line
};

}  // namespace kinesis
