// Writes the plugin's own messages to standard error without waiting for its reader, and counts lost messages.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>

#include "platform/standard_error.h"

namespace kinesis {

/// All messages of this process. Any thread may write.
class Messages {
 public:
  static Messages &get();

  /// Sends messages from now on to the present standard error, also after the host has closed it.
  void keep_standard_error();
  /// The same in the core's process, whose standard error is a descriptor() of its host.
  void take_given_standard_error();

  /// Writes a message, with its newline, given in parts. A message that cannot be written immediately is lost; the next
  /// one written begins with the number of lost messages. Does not allocate on Linux: an abort may have come from
  /// anywhere.
  void write(const std::string_view *parts, size_t count);

  /// Returns standard error, for a program that this process starts.
  int descriptor();

 private:
  Messages() = default;

  std::mutex mutex_;
  StandardError standard_error_;  // guarded by mutex_
  unsigned long lost_ = 0;        // guarded by mutex_; since the last message that was written
  bool is_cut_ = false;           // guarded by mutex_; the last written bytes do not end a line
};

}  // namespace kinesis
