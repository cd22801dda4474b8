// The plugin as Fluent Bit loaded it: the path of its file, and the standard error of that moment.
#include "platform/loaded_plugin.h"

#include "platform/log_text.h"
#include "platform/messages.h"
#include "platform/platform.h"

namespace kinesis {

LoadedPlugin &LoadedPlugin::get() {
  // Never destroyed: threads of ours may outlive static destruction.
  static auto *plugin = new LoadedPlugin();
  return *plugin;
}

void LoadedPlugin::remember() {
  if (is_remembered_) return;
  is_remembered_ = true;
  Messages::get().keep_standard_error();
  path_ = own_library_path();
  stay_loaded();
}

void LoadedPlugin::report(std::string_view message) const {
  const std::string text = log_text(message);
  const std::string_view parts[] = {"[kinesis] ", text, "\n"};
  Messages::get().write(parts, 3);
}

}  // namespace kinesis
