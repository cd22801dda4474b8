// Bytes both ways between Fluent Bit's process and the core's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kinesis {

/// One end. Copies name the same; each end is closed once.
class Connection {
 public:
  /// A file descriptor, or a handle of Windows.
  using Number = intptr_t;

  Connection() = default;
  Connection(Number reader, Number writer) : reader_(reader), writer_(writer) {}

  /// The end whose `names` a process was started with.
  static Connection of_names(const std::string &names);
  /// Names this end for the process that inherits it.
  std::string names() const;

  /// Writes texts one after the other, whole; one thread at a time. False when the other end is gone. On Linux, false
  /// also on the host's side when the core's process has read nothing for kSendTimeoutMs; half a text may have been
  /// sent then.
  bool send(const std::string_view *parts, size_t count) const;

  /// Reads so many bytes; one thread at a time. False when the other end is gone before them.
  bool receive(void *into, size_t bytes) const;

  /// Makes both ends' calls come back with false. Safe beside other calls.
  void shut_down() const;

  /// Frees what the system holds for this end, when no thread uses it any more.
  void close() const;

  Number reader() const { return reader_; }
  Number writer() const { return writer_; }

 private:
  Number reader_ = -1;
  Number writer_ = -1;
};

/// Both ends of a new connection.
struct ConnectionPair {
  Connection ours, theirs;

  /// Gives a reason when there can be none, else an empty string.
  std::string open();
};

}  // namespace kinesis
