// Opens libnode so that it uses its own libraries, even where the host exports functions of the same names.
//
// Fluent Bit exports thousands of names, among them those of its own simdutf, c-ares and nghttp2, and the loader
// searches the program first. RTLD_DEEPBIND reverses that, but used on libnode itself also for malloc, and memory would
// cross from one allocator to another. So libnode is opened through a small library, host_memory.cc, which needs
// libnode and is searched before it. The library's bytes get the path of libnode and the addresses of the host's
// functions, and are loaded from memory.
#include "runtime/embedded/own_libraries.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "platform/platform.h"
#include "runtime/embedded/host_memory.h"

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

extern "C" const char kinesis_host_memory_begin[];
extern "C" const char kinesis_host_memory_end[];

namespace kinesis {
namespace {

// Node 18 as distributions name it: it also works with Fluent Bit's versions of c-ares and nghttp2.
constexpr const char *kWorkWithHostLibraries[] = {"libnode.so.108", "libnode.so.109"};

// A name exported by each sanitizer that ends the process when it opens a library with RTLD_DEEPBIND.
constexpr const char *kSanitizers[] = {"__asan_init", "__hwasan_init", "__msan_init", "__tsan_init"};

std::string failure_of(const char *function) { return std::string(function) + ": " + strerror(errno); }

std::string loader_message() {
  const char *message = dlerror();
  return message != nullptr ? message : "unknown reason";
}

/// Returns the library's bytes for this libnode in this process; empty, with a reason, on failure.
std::string library_bytes(const std::string &libnode, std::string &reason) {
  if (libnode.size() > KINESIS_MAX_PATH_BYTES) {
    reason = "the path is longer than " + std::to_string(KINESIS_MAX_PATH_BYTES) + " bytes";
    return "";
  }
  std::string bytes(kinesis_host_memory_begin, kinesis_host_memory_end);
  const size_t place = bytes.find(std::string(KINESIS_MAX_PATH_BYTES, '='));
  const size_t table = bytes.find(std::string_view(KINESIS_HOST_MEMORY_MARK, sizeof KINESIS_HOST_MEMORY_MARK));
  if (place == std::string::npos || table == std::string::npos) {
    reason = "the plugin's file is damaged, install it again";
    return "";
  }
  memcpy(&bytes[place], libnode.c_str(), libnode.size() + 1);
  HostMemory memory;
  memcpy(memory.mark, KINESIS_HOST_MEMORY_MARK, sizeof memory.mark);
#define KINESIS_LOOK_UP(result, name, parameters, arguments) \
  if (!look_up(memory.name, #name)) {                        \
    reason = "Fluent Bit has no function " #name;            \
    return "";                                               \
  }
  KINESIS_MEMORY_FUNCTIONS(KINESIS_LOOK_UP)
#undef KINESIS_LOOK_UP
  memcpy(&bytes[table], &memory, sizeof memory);
  return bytes;
}

/// Returns the descriptor of a file in memory with these bytes; -1 with a reason on failure.
int memory_file(const std::string &bytes, std::string &reason) {
  // By number, for a glibc before 2.27. Loading is not execution, so the file need not be executable, and a kernel that
  // allows only non-executable files (vm.memfd_noexec) accepts it. A kernel before 6.3 does not know the flag.
  long file = syscall(SYS_memfd_create, "kinesis-host-memory", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (file < 0 && errno == EINVAL) file = syscall(SYS_memfd_create, "kinesis-host-memory", MFD_CLOEXEC);
  if (file < 0) {
    reason = failure_of("memfd_create");
    return -1;
  }
  for (size_t written = 0; written < bytes.size();) {
    const ssize_t count = write(static_cast<int>(file), &bytes[written], bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      reason = failure_of("write to a file in memory");
      close(static_cast<int>(file));
      return -1;
    }
    written += static_cast<size_t>(count);
  }
  return static_cast<int>(file);
}

void *open_through(const std::string &libnode, int flags, int &file, std::string &reason) {
  const std::string bytes = library_bytes(libnode, reason);
  if (bytes.empty()) return nullptr;
  file = memory_file(bytes, reason);
  if (file < 0) return nullptr;
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  void *library = dlopen(path.c_str(), flags);
  if (library == nullptr) {
    reason = loader_message();
    close(file);
  }
  return library;
}

/// Whether the program has its own copy of the C library's variable. All code uses that copy, except code that is bound
/// to the C library first.
bool has_copy_of_environment() {
  void *c_library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  if (c_library == nullptr) return false;
  const bool is_copied = dlsym(c_library, "environ") != symbol_of_process("environ");
  dlclose(c_library);
  return is_copied;
}

}  // namespace

void *open_with_own_libraries(const std::string &libnode, std::string &reason) {
  // Keeps the file open as long as the library. Otherwise its path could become another file's: the loader would take
  // that for this library, and a debugger would read it. RTLD_GLOBAL: the plugin's own napi_* references bind to
  // libnode.
  int file;
  return open_through(libnode, RTLD_LAZY | RTLD_GLOBAL | RTLD_DEEPBIND, file, reason);
}

std::string own_libraries_refusal() {
  for (const char *name : kSanitizers) {
    if (symbol_of_process(name) != nullptr) return "a sanitizer in Fluent Bit does not allow RTLD_DEEPBIND";
  }
  if (has_copy_of_environment()) return "Fluent Bit has a copy of the C library's 'environ'";
  // Tries the same with libc, which is loaded already, so that a failure does not come from libnode.
  std::string reason;
  int file;
  void *probe = open_through("libc.so.6", RTLD_LAZY, file, reason);
  if (probe == nullptr) return "no library can be loaded from memory (" + reason + ")";
  dlclose(probe);
  close(file);
  return "";
}

bool works_with_host_libraries(const std::string &libnode) {
  char resolved[PATH_MAX];
  const bool is_resolved = has_folder(libnode) && realpath(libnode.c_str(), resolved) != nullptr;
  const std::string file = is_resolved ? resolved : libnode;
  const std::string name = file.substr(file.rfind('/') + 1);
  for (const char *known : kWorkWithHostLibraries) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace kinesis
