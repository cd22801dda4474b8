// Functions of the operating system that the shim needs, in platform_posix.cc and platform_windows.cc. Texts are UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kinesis {

/// Returns the value of an environment variable; empty when it is unset.
std::string environment_variable(const char *name);

/// Returns a text that the host got from its user, as UTF-8. On Windows, a command line is in the ANSI code page, and a
/// file in its writer's encoding: decodes text that is not UTF-8 by that code page.
std::string text_of_user(const char *text);

/// Returns the full path of the file that this code was loaded from; empty when it is unknown.
std::string own_library_path();

/// Keeps this library in the process when the host unloads it, where the linker does not.
void stay_loaded();

/// Returns the folder of a path, without a separator at its end; "." when the path has none.
std::string folder_of(const std::string &path);
/// Returns the path of a file in a folder.
std::string path_in(const std::string &folder, const std::string &name);
/// Whether a path names a folder. A path without one is a name that the loader searches for.
bool has_folder(const std::string &path);
/// Returns the folders of the variable PATH, or the system's own where it is unset, except those that depend on the
/// working folder.
std::vector<std::string> program_folders();
/// Whether the file exists.
bool file_exists(const std::string &path);
/// Returns the kind of a file that may block when it is opened or read, such as "a FIFO"; empty for a regular file, a
/// folder, the null device, or a missing file.
std::string device_in_place_of(const std::string &path);
/// Whether the file exists, and this process may run it as a program.
bool is_program(const std::string &path);

/// Opens a library so that its symbols serve this one, at first use. Returns null with a reason on failure.
void *open_library(const std::string &path, std::string &reason);
/// Returns the address of a library's symbol, or null.
void *symbol_of(void *library, const char *name);
/// Returns the address of a symbol that the program, or one of its global libraries, exports; or null.
void *symbol_of_process(const char *name);
/// Finds a function by symbol_of_process(). Returns false when no such name is exported.
template <typename Function>
bool look_up(Function &function, const char *name) {
  function = reinterpret_cast<Function>(symbol_of_process(name));
  return function != nullptr;
}

/// Finds the functions of Node-API before the first call, where the system's loader does not. Returns false, after a
/// message, when one is missing.
bool bind_node_api();

/// Registers a handler that is called with the status when the process ends in order, before handlers registered
/// earlier. Never called on Windows, where no other thread runs any more at that moment.
void call_at_exit(void (*handler)(int status));
/// Ends the process immediately, without clean-up.
[[noreturn]] void leave_process(int status);
/// Blocks for ever a thread that has no more work.
[[noreturn]] void rest_for_ever();

}  // namespace kinesis
