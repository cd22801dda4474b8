// Releases memory that the process does not need at rest.
//
// While Node starts, it reads most of libnode's code and constants once. At rest, RSS of Fluent Bit with one output on
// libnode 18 is 60 MB with these pages and 39 MB without them.
#include "runtime/embedded/resident_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "platform/platform.h"

namespace kinesis {
namespace {

constexpr int kMmapThresholdBytes = 256 * 1024;
constexpr int kTrimThresholdBytes = 4 * 1024 * 1024;

/// Whether all of [begin, end) is one read-only mapping of a file. Node can move its code to huge pages
/// (--use-largepages), which then have the only copy.
bool is_mapped_file(uintptr_t begin, uintptr_t end) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (maps == nullptr) return false;
  char line[512];
  bool found = false;
  while (!found && fgets(line, sizeof line, maps) != nullptr) {
    uintptr_t first = 0, behind = 0;
    unsigned long inode = 0;
    char writable = 'w';
    // address perms offset dev inode path: proc(5). A long path goes on in the next read, which matches nothing.
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*c%c%*s %*s %*s %lu", &first, &behind, &writable, &inode) != 4)
      continue;
    found = first <= begin && end <= behind && writable == '-' && inode != 0;
  }
  fclose(maps);
  return found;
}

bool has_relocated_code(const dl_phdr_info &library, const ElfW(Phdr) & segment) {
  const auto *entry = reinterpret_cast<const ElfW(Dyn) *>(library.dlpi_addr + segment.p_vaddr);
  for (; entry->d_tag != DT_NULL; entry++) {
    if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) return true;
  }
  return false;
}

int release_if_it_holds(dl_phdr_info *library, size_t, void *symbol) {
  const auto address = reinterpret_cast<uintptr_t>(symbol) - library->dlpi_addr;
  bool is_it = false;
  for (int i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr) &segment = library->dlpi_phdr[i];
    if (segment.p_type == PT_DYNAMIC && has_relocated_code(*library, segment)) return 0;
    if (segment.p_type == PT_LOAD && address - segment.p_vaddr < segment.p_memsz) is_it = true;
  }
  if (!is_it) return 0;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr) &segment = library->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const uintptr_t begin = (library->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const uintptr_t end = (library->dlpi_addr + segment.p_vaddr + segment.p_filesz) & ~(page - 1);
    if (begin < end && is_mapped_file(begin, end)) madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
  }
  return 1;
}

}  // namespace

void release_code_of_node() {
  void *symbol = symbol_of_process("napi_create_function");
  if (symbol != nullptr) dl_iterate_phdr(release_if_it_holds, symbol);
}

// glibc maps blocks from 128 KiB on separately, but raises that threshold to the size of each larger block that is
// freed, up to 32 MiB. Node's blocks of some MiB raise it above the size of Fluent Bit's chunks, which then lie among
// small blocks: after a minute with 128 MB of waiting chunks, RSS stayed at 230 MB; with fixed thresholds it returns to
// 100 MB.
void map_large_blocks_apart() {
  if (getenv("MALLOC_MMAP_THRESHOLD_") != nullptr || getenv("GLIBC_TUNABLES") != nullptr) return;
  mallopt(M_MMAP_THRESHOLD, kMmapThresholdBytes);
  // Fixing the threshold above also fixes this one, at 128 KiB: a heap would shrink and grow again all the time.
  mallopt(M_TRIM_THRESHOLD, kTrimThresholdBytes);
}

// glibc keeps memory that was freed in the middle of a thread's arena. Does not affect another allocator of the host.
void trim_memory() { malloc_trim(0); }

}  // namespace kinesis
