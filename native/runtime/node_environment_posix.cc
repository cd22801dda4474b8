// Sets the NODE_OPTIONS that Node reads, on Linux.
//
// setenv() is not safe while the host's other threads run: it moves and frees memory that getenv() reads. So the array
// stays, and one store replaces one pointer in it: another thread sees either entry, and both stay valid. This relies
// on libnode reading the variable by getenv(), and from the same array as the host. Node reads the variable first of
// all, and has the core up in about 0.1 s.
#include <unistd.h>

#include <cstring>

#include "runtime/node_environment.h"

namespace kinesis {
namespace {

constexpr const char *kName = "NODE_OPTIONS";
constexpr const char *kOwnName = "KINESIS_NODE_OPTIONS";
constexpr const char *kHostName = "KINESIS_HOST_NODE_OPTIONS";

// Guarded by the caller. The lent entry is never freed: a thread may have read it.
char *lent = nullptr;
char *replaced = nullptr;

bool has_name(const char *entry, const char *name) {
  const size_t length = strlen(name);
  return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

char **entry_of(const char *name) {
  for (char **entry = environ; entry != nullptr && *entry != nullptr; entry++) {
    if (has_name(*entry, name)) return entry;
  }
  return nullptr;
}

}  // namespace

void lend_node_options(const std::string &options) {
  char **entry = entry_of(kName);
  // A user with options for the plugin has set KINESIS_NODE_OPTIONS, whose entry can be replaced as well.
  if (entry == nullptr && !options.empty()) entry = entry_of(kOwnName);
  if (entry == nullptr) return;
  lent = strdup((std::string(kName) + "=" + options).c_str());
  replaced = *entry;
  __atomic_store_n(entry, lent, __ATOMIC_RELEASE);
}

// Searches again: setenv() of another thread may have moved the array, with the pointer in it.
void restore_node_options() {
  if (lent == nullptr) return;
  for (char **entry = environ; entry != nullptr && *entry != nullptr; entry++) {
    if (*entry == lent) __atomic_store_n(entry, replaced, __ATOMIC_RELEASE);
  }
  lent = nullptr;
}

std::vector<std::string> environment_of_node(const std::string &options) {
  std::vector<std::string> environment;
  for (char **entry = environ; entry != nullptr && *entry != nullptr; entry++) {
    if (has_name(*entry, kHostName)) continue;
    if (has_name(*entry, kName)) {
      environment.push_back(kHostName + std::string(*entry + strlen(kName)));
    } else {
      environment.emplace_back(*entry);
    }
  }
  if (!options.empty()) environment.push_back(std::string(kName) + "=" + options);
  return environment;
}

}  // namespace kinesis
