// Finds the functions of Node-API in node.exe or libnode.dll, on Windows.
#include "runtime/node_api_windows.h"

#include "platform/loaded_plugin.h"
#include "platform/platform.h"

#define NODE_API(name) extern "C" void *name##_address;
#include "runtime/node_api_names.h"
#undef NODE_API

namespace kinesis {
namespace {

struct Entry {
  const char *name;
  void **address;
};

#define NODE_API(name) {#name, &name##_address},
constexpr Entry kEntries[] = {
#include "runtime/node_api_names.h"
};
#undef NODE_API

}  // namespace

bool fill_node_api_table() {
  for (const Entry &entry : kEntries) {
    *entry.address = symbol_of_process(entry.name);
    if (*entry.address == nullptr) {
      LoadedPlugin::get().report(std::string("This Node.js has no function ") + entry.name + "; 18 or newer is needed");
      return false;
    }
  }
  return true;
}

}  // namespace kinesis
