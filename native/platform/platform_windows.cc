// Implements platform.h on Windows, where paths and variables are UTF-16.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <algorithm>

#include "platform/platform.h"
#include "platform/wide_text_windows.h"
#include "runtime/node_api_windows.h"

namespace kinesis {
namespace {

// Maximum characters of a path or a variable, with its terminator.
constexpr DWORD kMaxCharacters = 32768;

HMODULE opened_library = nullptr;

bool is_separator(char c) { return c == '\\' || c == '/'; }

bool is_relative(const std::string &path) {
  const bool has_drive = path.size() >= 3 && path[1] == ':' && is_separator(path[2]);
  const bool has_server = path.size() >= 2 && is_separator(path[0]) && is_separator(path[1]);
  return !has_drive && !has_server;
}

HMODULE module_of(const void *address) {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                     static_cast<LPCWSTR>(address), &module);
  return module;
}

const void *own_address() { return reinterpret_cast<const void *>(&own_library_path); }

}  // namespace

std::string environment_variable(const char *name) {
  std::wstring value(kMaxCharacters, L'\0');
  const DWORD length = GetEnvironmentVariableW(wide(name).c_str(), value.data(), kMaxCharacters);
  value.resize(length < kMaxCharacters ? length : 0);
  return narrow(value);
}

std::string text_of_user(const char *text) {
  std::string given = text;
  const int bytes = static_cast<int>(given.size());
  if (bytes == 0 || MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, bytes, nullptr, 0) > 0) return given;
  const int length = MultiByteToWideChar(CP_ACP, 0, text, bytes, nullptr, 0);
  std::wstring read(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_ACP, 0, text, bytes, read.data(), length);
  return length > 0 ? narrow(read) : given;
}

std::string own_library_path() {
  std::wstring path(kMaxCharacters, L'\0');
  const DWORD length = GetModuleFileNameW(module_of(own_address()), path.data(), kMaxCharacters);
  path.resize(length < kMaxCharacters ? length : 0);
  return narrow(path);
}

void stay_loaded() {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     static_cast<LPCWSTR>(own_address()), &module);
}

std::string folder_of(const std::string &path) {
  const auto separator = std::find_if(path.rbegin(), path.rend(), is_separator);
  return separator == path.rend() ? "." : std::string(path.begin(), separator.base() - 1);
}

// Installers put folders into PATH with a separator at their end.
std::string path_in(const std::string &folder, const std::string &name) {
  return !folder.empty() && is_separator(folder.back()) ? folder + name : folder + "\\" + name;
}

bool has_folder(const std::string &path) {
  return std::any_of(path.begin(), path.end(), [](char c) { return is_separator(c) || c == ':'; });
}

// A folder with a semicolon in its name is in quotes. A folder without a drive or a server depends on the working
// folder.
std::vector<std::string> program_folders() {
  std::vector<std::string> folders(1);
  bool is_quoted = false;
  for (const char c : environment_variable("PATH")) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ';' && !is_quoted) {
      folders.emplace_back();
    } else {
      folders.back() += c;
    }
  }
  folders.erase(std::remove_if(folders.begin(), folders.end(), is_relative), folders.end());
  return folders;
}

bool file_exists(const std::string &path) { return GetFileAttributesW(wide(path).c_str()) != INVALID_FILE_ATTRIBUTES; }

// No file on Windows can be a FIFO.
std::string device_in_place_of(const std::string &) { return ""; }

bool is_program(const std::string &path) {
  const DWORD attributes = GetFileAttributesW(wide(path).c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

// With a folder in the path, the loader also looks in that folder for the library's own libraries.
void *open_library(const std::string &path, std::string &reason) {
  DWORD mode = 0;
  SetThreadErrorMode(SEM_FAILCRITICALERRORS, &mode);
  HMODULE library = LoadLibraryExW(wide(path).c_str(), nullptr, has_folder(path) ? LOAD_WITH_ALTERED_SEARCH_PATH : 0);
  if (library == nullptr) reason = last_error();
  SetThreadErrorMode(mode, nullptr);
  if (library != nullptr) opened_library = library;
  return library;
}

void *symbol_of(void *library, const char *name) {
  return reinterpret_cast<void *>(GetProcAddress(static_cast<HMODULE>(library), name));
}

void *symbol_of_process(const char *name) {
  void *symbol = symbol_of(GetModuleHandleW(nullptr), name);
  if (symbol == nullptr && opened_library != nullptr) symbol = symbol_of(opened_library, name);
  return symbol;
}

bool bind_node_api() { return fill_node_api_table(); }

// When a DLL is notified of the process's end, Windows has ended all threads but one. The host has exited its instances
// by then, and each exit has waited for the work in progress.
void call_at_exit(void (*)(int status)) {}

void leave_process(int status) {
  TerminateProcess(GetCurrentProcess(), static_cast<UINT>(status));
  rest_for_ever();
}

void rest_for_ever() {
  for (;;) Sleep(INFINITE);
}

}  // namespace kinesis
