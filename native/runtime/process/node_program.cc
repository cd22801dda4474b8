// Finds the program node: by KINESIS_NODE, next to the plugin, or on PATH.
#include "runtime/process/node_program.h"

#include <vector>

#include "platform/loaded_plugin.h"
#include "platform/platform.h"

namespace kinesis {
namespace {

#ifdef _WIN32
constexpr const char *kProgramName = "node.exe";
constexpr const char *kNodeHint =
    "Install Node.js 18 or newer so that node.exe is on PATH, or put it next to the plugin";
#else
constexpr const char *kProgramName = "node";
constexpr const char *kNodeHint =
    "Install Node.js 18 or newer: Debian and Ubuntu 'apt-get install nodejs', Fedora, RHEL "
    "and Amazon Linux 'dnf install nodejs'";
#endif

}  // namespace

std::string find_node_program(std::string &program) {
  const std::string chosen = environment_variable("KINESIS_NODE");
  if (!chosen.empty()) {
    const std::string complaint = "cannot find the program node: KINESIS_NODE is " + chosen + ", which ";
    if (!has_folder(chosen)) return complaint + "is not a path; set it to the full path of the program";
    if (!file_exists(chosen)) return complaint + "does not exist";
    if (!is_program(chosen)) return complaint + "may not be executed";
    program = chosen;
    return "";
  }
  std::vector<std::string> folders = program_folders();
  const std::string own_path = LoadedPlugin::get().path();
  if (!own_path.empty()) folders.insert(folders.begin(), folder_of(own_path));
  std::string skipped;
  for (const std::string &folder : folders) {
    program = path_in(folder, kProgramName);
    if (is_program(program)) return "";
    if (file_exists(program)) skipped += "\n  " + program + ": may not be executed";
  }
  return std::string("cannot find the program node next to the plugin or on PATH. ") + kNodeHint +
         "; or set KINESIS_NODE to its path" + (skipped.empty() ? "" : ". Skipped:" + skipped);
}

}  // namespace kinesis
