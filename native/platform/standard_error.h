// The standard error that Fluent Bit was started with: keeps it, and writes to it without waiting for its reader.
#pragma once

#include <cstddef>
#include <string_view>

namespace kinesis {

/// With -d, Fluent Bit closes its standard error between FLBPluginRegister and FLBPluginInit; the descriptor's number
/// then is another file's.
class StandardError {
 public:
  /// Keeps the standard error of now. What is kept is not handed to programs, and nobody else's way of writing there
  /// changes.
  void keep();

  /// In a process that was started with a descriptor() as its standard error: uses that.
  void take_given();

  /// Writes texts as one, as far as that goes without waiting; one thread at a time. Returns the number of bytes that
  /// were written. Does not allocate on Linux.
  size_t write(const std::string_view *texts, size_t count);

  /// For programs that this process starts. Their writing waits for nobody either, where the system allows that.
  int descriptor() const { return descriptor_; }

 private:
  enum class Kind { kShared, kOwn, kSocket, kFile };

  int descriptor_ = 2;
  Kind kind_ = Kind::kShared;
};

}  // namespace kinesis
