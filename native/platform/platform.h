// What the shim needs of the operating system: platform_posix.cc and platform_windows.cc give it. Texts are UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kinesis {

/// The value of an environment variable; empty when it is not set.
std::string environment_variable(const char *name);

/// A text that the host was given by its user, as UTF-8. On Windows a program's command line is in the ANSI code page,
/// and a file in what its writer chose: what is not UTF-8 is read in that code page.
std::string text_of_user(const char *text);

/// The whole path of the file that this code was loaded from; empty when it cannot be told.
std::string own_library_path();

/// Keeps this library in the process when the host unloads it, where the linker did not see to it.
void stay_loaded();

/// The folder of a path, without a separator at its end; "." when the path has none.
std::string folder_of(const std::string &path);
/// The path of a file in a folder.
std::string path_in(const std::string &folder, const std::string &name);
/// Whether a path is more than a name that the loader has to search.
bool has_folder(const std::string &path);
/// The folders of the variable PATH, or the system's own where it is unset, and none that depends on the working
/// folder.
std::vector<std::string> program_folders();
/// Whether there is such a file.
bool file_exists(const std::string &path);
/// What stands in the place of a file and may be waited for when it is opened or read, such as "a FIFO"; empty for a
/// file, a folder, the null device, or nothing.
std::string device_in_place_of(const std::string &path);
/// Whether there is such a file, and this process may run it as a program.
bool is_program(const std::string &path);

/// Opens a library so that its symbols serve this one, at first use. Null with a reason when it cannot be.
void *open_library(const std::string &path, std::string &reason);
/// The address of a library's symbol, or null.
void *symbol_of(void *library, const char *name);
/// The address of a symbol that the program, or a library of all, exports; or null.
void *symbol_of_process(const char *name);
/// Finds a function by symbol_of_process(). Returns false when nothing of this name is exported.
template <typename Function>
bool look_up(Function &function, const char *name) {
  function = reinterpret_cast<Function>(symbol_of_process(name));
  return function != nullptr;
}

/// Finds the functions of Node-API, before the first is called, where the system's loader does not. False with a
/// message when one is missing.
bool bind_node_api();

/// Calls the handler when the process ends in order, with its status, before what was registered earlier. Where the
/// system has no such moment at which other threads still run, never.
void call_at_exit(void (*handler)(int status));
/// Ends the process at once, without any clean-up.
[[noreturn]] void leave_process(int status);
/// For a thread whose work is over for good.
[[noreturn]] void rest_for_ever();

}  // namespace kinesis
