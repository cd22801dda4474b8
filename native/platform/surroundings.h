// What the plugin remembers of the moment when Fluent Bit loaded it: its own path, and where messages go.
#pragma once

#include <string>
#include <string_view>

namespace kinesis {

/// With -d, Fluent Bit changes to / and closes its standard error between FLBPluginRegister and FLBPluginInit.
class Surroundings {
 public:
  static Surroundings &get();

  /// Remembers, the first time it is called.
  void remember();

  /// The whole path of the plugin's file.
  const std::string &own_path() const { return own_path_; }

  /// Writes a line of the shim's own to the standard error of then; see Messages::write.
  void say(std::string_view message) const;

 private:
  Surroundings() = default;

  bool is_remembered_ = false;
  std::string own_path_;
};

}  // namespace kinesis
