// The plugin as Fluent Bit loaded it: the path of its file, and the standard error of that moment.
#pragma once

#include <string>
#include <string_view>

namespace kinesis {

/// The loaded plugin. With -d, Fluent Bit changes to / and closes its standard error between FLBPluginRegister and
/// FLBPluginInit.
class LoadedPlugin {
 public:
  static LoadedPlugin &get();

  /// Remembers path and standard error at its first call.
  void remember();

  /// Full path of the plugin's file.
  const std::string &path() const { return path_; }

  /// Writes a line of the shim to the remembered standard error; see Messages::write.
  void report(std::string_view message) const;

 private:
  LoadedPlugin() = default;

  bool is_remembered_ = false;
  std::string path_;
};

}  // namespace kinesis
