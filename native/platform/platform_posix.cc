// Implements platform.h on Linux.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "platform/platform.h"

namespace kinesis {
namespace {

// Search path of glibc's execvp() when PATH is unset.
constexpr const char *kPathWhereUnset = "/bin:/usr/bin";

// Device numbers of /dev/null. Source: Linux, Documentation/admin-guide/devices.txt.
constexpr unsigned kNullMajor = 1, kNullMinor = 3;

}  // namespace

std::string environment_variable(const char *name) {
  const char *value = getenv(name);
  return value != nullptr ? value : "";
}

std::string text_of_user(const char *text) { return text; }

std::string own_library_path() {
  Dl_info info{};
  char resolved[PATH_MAX];
  const bool is_found = dladdr(reinterpret_cast<void *>(&own_library_path), &info) != 0 && info.dli_fname != nullptr &&
                        realpath(info.dli_fname, resolved) != nullptr;
  return is_found ? resolved : "";
}

// The linker's -z nodelete does it.
void stay_loaded() {}

std::string folder_of(const std::string &path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string path_in(const std::string &folder, const std::string &name) { return folder + "/" + name; }

bool has_folder(const std::string &path) { return path.find('/') != std::string::npos; }

// Skips empty and relative folders: they mean the current working folder, whose programs must not be run.
std::vector<std::string> program_folders() {
  std::vector<std::string> folders;
  std::string list = environment_variable("PATH");
  if (list.empty()) list = kPathWhereUnset;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    if (begin < end && list[begin] == '/') folders.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

bool file_exists(const std::string &path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

std::string device_in_place_of(const std::string &path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return "";
  if (S_ISFIFO(status.st_mode)) return "a FIFO";
  if (S_ISSOCK(status.st_mode)) return "a socket";
  const bool is_null = S_ISCHR(status.st_mode) && status.st_rdev == makedev(kNullMajor, kNullMinor);
  return (S_ISCHR(status.st_mode) && !is_null) || S_ISBLK(status.st_mode) ? "a device" : "";
}

bool is_program(const std::string &path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

// RTLD_GLOBAL: the plugin's own napi_* references bind to it lazily.
void *open_library(const std::string &path, std::string &reason) {
  void *library = dlopen(path.c_str(), RTLD_LAZY | RTLD_GLOBAL);
  if (library == nullptr) {
    const char *message = dlerror();
    reason = message != nullptr ? message : "unknown reason";
  }
  return library;
}

void *symbol_of(void *library, const char *name) { return dlsym(library, name); }

void *symbol_of_process(const char *name) { return dlsym(RTLD_DEFAULT, name); }

// The loader binds each function at its first call.
bool bind_node_api() { return true; }

void call_at_exit(void (*handler)(int status)) {
  on_exit([](int status, void *given) { reinterpret_cast<void (*)(int)>(given)(status); },
          reinterpret_cast<void *>(handler));
}

void leave_process(int status) { _exit(status); }

void rest_for_ever() {
  for (;;) pause();
}

}  // namespace kinesis
