// Checks for limits of this process under which Node would end it, on Linux.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "platform/platform.h"
#include "runtime/process_limits.h"

namespace kinesis {
namespace {

// Linux 6.3. Source: include/uapi/linux/prctl.h.
constexpr int kGetMdwe = 66;
constexpr int kMdweNoInherit = 2;

constexpr size_t kMiB = 1024 * 1024;
// V8 reserves the range for its code at once: 128 MiB up to version 10, 512 MiB later. With the stacks of threads,
// glibc's arenas and a heap at work, libnode 18 takes 640 MiB more than Fluent Bit alone. Half of that is enough to
// come up, but Node then dies with the first chunks.
constexpr size_t kBytesOfV8Before11 = 640 * kMiB;
constexpr size_t kBytesOfV8 = 1024 * kMiB;
// Node 24 and 26 come up with 1240 MiB.
constexpr size_t kBytesOfV8Since13 = 1536 * kMiB;

// v8::V8::GetVersion() returns text such as "10.2.154.26-node.36", and may be called before V8 starts.
size_t needed_bytes() {
  const char *(*version)() = nullptr;
  if (!look_up(version, "_ZN2v82V810GetVersionEv")) return kBytesOfV8;
  const int major = atoi(version());
  return major < 11 ? kBytesOfV8Before11 : major < 13 ? kBytesOfV8 : kBytesOfV8Since13;
}

// Up to its first line of script, Node 18 and 20 open 15 descriptors, 22 to 26 open 18; with one less they abort. The
// others are for ten parallel requests, a look-up of a name, and credentials.
constexpr int kDescriptorsOfNode = 32;
// Standard input, output and error, and the connection.
constexpr int kDescriptorsOfChild = 4;

std::string shortage_of(const std::string &where, const std::string &left) {
  return "Node.js cannot start " + where + ": it needs " + std::to_string(kDescriptorsOfNode) +
         " file descriptors, and the limit (ulimit -n, LimitNOFILE) leaves " + left + ". Raise the limit";
}

std::string mebibytes(rlim_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

bool has_address_limit(rlimit &limit) { return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY; }

}  // namespace

// Does as V8 does: reserves, makes writable, writes, makes executable. systemd's filter, PR_SET_MDWE and SELinux
// (execmem) refuse the last step.
bool may_execute_memory() {
  const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void *page = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return true;  // too few addresses, which another check reports
  bool may_execute = false;
  if (mprotect(page, bytes, PROT_READ | PROT_WRITE) == 0) {
    *static_cast<volatile char *>(page) = 1;
    may_execute = mprotect(page, bytes, PROT_READ | PROT_EXEC) == 0;
  }
  munmap(page, bytes);
  return may_execute;
}

bool may_child_execute_memory() {
  const int mdwe = prctl(kGetMdwe, 0, 0, 0, 0);
  return (mdwe > 0 && (mdwe & kMdweNoInherit) != 0) || may_execute_memory();
}

// Reserved by PROT_NONE, as V8 does: that counts only for RLIMIT_AS, not as memory.
std::string shortage_of_addresses() {
  const size_t bytes = needed_bytes();
  void *range = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range != MAP_FAILED) {
    munmap(range, bytes);
    return "";
  }
  rlimit limit{};
  const std::string cause = has_address_limit(limit)
                                ? "the limit of addresses (ulimit -v, LimitAS) is " + mebibytes(limit.rlim_cur)
                                : "the system refuses them";
  return "Node.js cannot start in Fluent Bit's process: it needs " + mebibytes(bytes) + " of addresses, and " + cause +
         ". Raise the limit; Node.js takes far less memory than addresses";
}

std::string shortage_of_addresses_in_child() {
  rlimit limit{};
  if (!has_address_limit(limit) || limit.rlim_cur >= kBytesOfV8) return "";
  return "Node.js cannot start in a separate process: it needs " + mebibytes(kBytesOfV8) +
         " of addresses, and the limit of addresses (ulimit -v, LimitAS) is " + mebibytes(limit.rlim_cur) +
         ". Raise the limit; Node.js takes far less memory than addresses";
}

// The program's version of Node is known only when it has come up.
std::string hint_of_addresses_in_child() {
  rlimit limit{};
  if (!has_address_limit(limit) || limit.rlim_cur >= kBytesOfV8Since13) return "";
  return ". The limit of addresses (ulimit -v, LimitAS) is " + mebibytes(limit.rlim_cur) +
         ": Node.js 24 and newer need " + mebibytes(kBytesOfV8Since13);
}

// Counts free numbers below the soft limit, which Node raises and process_state.cc restores. Checks numbers only as far
// as needed, without opening them: another thread might get none meanwhile.
std::string shortage_of_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return "";
  int left = 0;
  for (rlim_t number = 0; number < limit.rlim_cur && left < kDescriptorsOfNode; number++) {
    if (fcntl(static_cast<int>(number), F_GETFD) < 0) left++;
  }
  if (left >= kDescriptorsOfNode) return "";
  return shortage_of("in Fluent Bit's process", std::to_string(left) + " of " + std::to_string(limit.rlim_cur));
}

// Node raises the limit of its process to the hard one.
std::string shortage_of_descriptors_in_child() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= kDescriptorsOfChild + kDescriptorsOfNode) return "";
  const rlim_t left = limit.rlim_max > kDescriptorsOfChild ? limit.rlim_max - kDescriptorsOfChild : 0;
  return shortage_of("in a separate process", std::to_string(left) + " of " + std::to_string(limit.rlim_max));
}

}  // namespace kinesis
