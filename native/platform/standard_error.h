// Standard error that Fluent Bit was started with: keeps it, and writes to it without waiting for its reader.
#pragma once

#include <cstddef>
#include <string_view>

namespace kinesis {

/// With -d, Fluent Bit closes its standard error between FLBPluginRegister and FLBPluginInit; the descriptor's number
/// then belongs to another file.
class StandardError {
 public:
  /// Keeps the present standard error. The kept descriptor is not inherited by programs, and other writers' flags do
  /// not change.
  void keep();

  /// Uses the standard error of a process that was started with a descriptor() as such.
  void take_given();

  /// Writes texts as one, as far as possible without waiting; one thread at a time. Returns the number of written
  /// bytes. Does not allocate on Linux.
  size_t write(const std::string_view *texts, size_t count);

  /// Descriptor for programs that this process starts. Their writes do not wait either, where the system allows that.
  int descriptor() const { return descriptor_; }

 private:
  enum class Kind { kShared, kOwn, kSocket, kFile };

  int descriptor_ = 2;
  Kind kind_ = Kind::kShared;
};

}  // namespace kinesis
