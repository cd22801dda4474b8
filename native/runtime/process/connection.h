// Connection between Fluent Bit's process and the core's: bytes in both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kinesis {

/// One end. Copies refer to the same end; each end is closed once.
class Connection {
 public:
  /// A file descriptor, or a handle of Windows.
  using Number = intptr_t;

  Connection() = default;
  Connection(Number reader, Number writer) : reader_(reader), writer_(writer) {}

  /// Returns the end with whose `names` a process was started.
  static Connection of_names(const std::string &names);
  /// Returns the names of this end for the process that inherits it.
  std::string names() const;

  /// Writes texts one after the other, completely; one thread at a time. Returns false when the other end is gone. On
  /// Linux, the host's side also returns false when the core's process has read nothing for kSendTimeoutMs; half a text
  /// may have been sent then.
  bool send(const std::string_view *parts, size_t count) const;

  /// Reads `bytes` bytes; one thread at a time. Returns false when the other end is gone before that.
  bool receive(void *into, size_t bytes) const;

  /// Makes the calls of both ends return false. Safe while other calls run.
  void shut_down() const;

  /// Frees the system's resources of this end, when no thread uses it any more.
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

  /// Returns a reason on failure, else an empty string.
  std::string open();
};

}  // namespace kinesis
