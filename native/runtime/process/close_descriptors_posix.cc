// Closes descriptors that a started program must not inherit, on Linux.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "runtime/process/close_descriptors.h"

namespace kinesis {
namespace {

// Since Linux 5.9; older kernels, and older filters of system calls, refuse it.
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

// Source: getdents64(2), struct linux_dirent64. The name follows the last member, without the padding at the end.
struct Entry {
  uint64_t inode;
  int64_t offset;
  uint16_t bytes;
  uint8_t type;
};
constexpr size_t kNameOffset = 19;

// Maximum descriptor numbers tried where there is neither close_range nor /proc: 65,536 take 10 ms; 2^30, which a limit
// can allow, would take minutes.
constexpr rlim_t kMaxTriedNumbers = 65536;

// Returns -1 for "." and "..".
int number_of(const char *name) {
  int number = 0;
  if (*name < '0' || *name > '9') return -1;
  for (; *name >= '0' && *name <= '9'; name++) number = 10 * number + (*name - '0');
  return number;
}

// The folder is read by position, and a position is a number plus two (fs/proc/fd.c), so closing an entry moves no
// other. Does not use opendir(), which allocates.
bool close_listed(int first) {
  // Has to be closed anyway, and makes room for the folder's descriptor where the limit is reached.
  ::close(first);
  const int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  alignas(Entry) char entries[4096];
  long bytes;
  while ((bytes = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
    for (long at = 0; at < bytes; at += reinterpret_cast<const Entry *>(entries + at)->bytes) {
      const int number = number_of(entries + at + kNameOffset);
      if (number >= first && number != folder) ::close(number);
    }
  }
  ::close(folder);
  return bytes == 0;
}

}  // namespace

void close_descriptors_from(int first) {
  if (syscall(SYS_close_range, first, ~0u, 0) == 0 || close_listed(first)) return;
  rlimit limit{};
  const rlim_t most =
      getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(limit.rlim_cur, kMaxTriedNumbers) : kMaxTriedNumbers;
  for (int number = first; number < static_cast<int>(most); number++) ::close(number);
}

}  // namespace kinesis
