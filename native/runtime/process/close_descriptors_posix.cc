// Closes what a program that is being started is not to inherit, on Linux.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "runtime/process/close_descriptors.h"

namespace kinesis {
namespace {

// Linux 5.9; older kernels, and filters of system calls that are older, refuse it.
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

// Where neither close_range nor /proc is: 2^30 numbers, which a limit can allow, take minutes. 65,536 take 10 ms.
constexpr rlim_t kMostNumbers = 65536;

// -1 for "." and "..".
int number_of(const char *name) {
  int number = 0;
  if (*name < '0' || *name > '9') return -1;
  for (; *name >= '0' && *name <= '9'; name++) number = 10 * number + (*name - '0');
  return number;
}

// The folder is read by position, and a position is a number plus two (fs/proc/fd.c): what is closed meanwhile moves
// nothing. opendir() would allocate.
bool close_listed(int first) {
  // The first is to be closed anyway, and leaves room for the folder where the limit is reached.
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
  const rlim_t most = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(limit.rlim_cur, kMostNumbers) : kMostNumbers;
  for (int number = first; number < static_cast<int>(most); number++) ::close(number);
}

}  // namespace kinesis
