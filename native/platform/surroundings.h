// What the plugin remembers of the moment when Fluent Bit loaded it: its own path, and where messages go.
#pragma once

#include <string>
#include <string_view>

namespace kinesis {

/// With -d, Fluent Bit changes to / and closes its standard error between FLBPluginRegister and FLBPluginInit; the
/// descriptor's number then is another file's.
class Surroundings {
 public:
  static Surroundings &get();

  /// Remembers, the first time it is called.
  void remember();

  /// The whole path of the plugin's file.
  const std::string &own_path() const { return own_path_; }

  /// Where messages go: the standard error of then.
  int message_descriptor() const { return message_descriptor_; }

  /// Writes a line of the shim's own there, without allocating: an abort may have come from anywhere.
  void say(std::string_view message) const;

 private:
  Surroundings() = default;

  bool is_remembered_ = false;
  std::string own_path_;
  int message_descriptor_ = 2;
};

}  // namespace kinesis
