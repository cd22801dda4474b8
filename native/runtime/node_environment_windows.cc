// Sets the NODE_OPTIONS that Node reads, on Windows, where the environment has its own lock.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "platform/platform.h"
#include "platform/wide_text_windows.h"
#include "runtime/node_environment.h"

namespace kinesis {
namespace {

constexpr const wchar_t *kName = L"NODE_OPTIONS";
const std::wstring kPrefix = std::wstring(kName) + L"=";
const std::wstring kHostPrefix = L"KINESIS_HOST_NODE_OPTIONS=";

bool is_lent = false;
std::string replaced;

bool begins_with(const std::wstring &text, const std::wstring &prefix) {
  return text.size() >= prefix.size() && _wcsnicmp(text.c_str(), prefix.c_str(), prefix.size()) == 0;
}

// Windows treats an empty variable as unset.
void set(const std::string &options) {
  SetEnvironmentVariableW(kName, options.empty() ? nullptr : wide(options).c_str());
}

}  // namespace

void lend_node_options(const std::string &options) {
  replaced = environment_variable("NODE_OPTIONS");
  is_lent = true;
  set(options);
}

void restore_node_options() {
  if (is_lent) set(replaced);
  is_lent = false;
}

std::vector<std::string> environment_of_node(const std::string &options) {
  std::vector<std::string> environment;
  wchar_t *block = GetEnvironmentStringsW();
  if (block == nullptr) return environment;
  for (const wchar_t *entry = block; *entry != L'\0'; entry += wcslen(entry) + 1) {
    const std::wstring text(entry);
    if (begins_with(text, kHostPrefix)) continue;
    const bool is_replaced = begins_with(text, kPrefix);
    environment.push_back(narrow(is_replaced ? kHostPrefix + text.substr(kPrefix.size()) : text));
  }
  FreeEnvironmentStringsW(block);
  if (!options.empty()) environment.push_back("NODE_OPTIONS=" + options);
  return environment;
}

}  // namespace kinesis
