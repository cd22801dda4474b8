// Gives the host program its own memory functions, as Fluent Bit has jemalloc's: freeing a block of another allocator
// ends the process.
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
// glibc's functions, below the names that a program may replace.
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *block);
}

namespace {

constexpr uint32_t kMark = 0x4d454d4f;
constexpr size_t kPageBytes = 4096;

/// Header before each block.
struct Header {
  uint32_t mark;
  uint32_t offset;  // of the block in glibc's block
  size_t bytes;
};
constexpr size_t kSmallestAlignment = sizeof(Header);

Header *header_of(void *block) {
  auto *header = static_cast<Header *>(block) - 1;
  if (header->mark == kMark) return header;
  static const char message[] = "host: memory of another allocator came to the host's\n";
  (void)!write(STDERR_FILENO, message, sizeof message - 1);
  abort();
}

void *allocate(size_t alignment, size_t bytes) {
  const size_t offset = alignment < kSmallestAlignment ? kSmallestAlignment : alignment;
  void *given = bytes > PTRDIFF_MAX - offset ? nullptr : __libc_memalign(offset, offset + bytes);
  if (given == nullptr) {
    errno = ENOMEM;
    return nullptr;
  }
  void *block = static_cast<char *>(given) + offset;
  static_cast<Header *>(block)[-1] = {kMark, static_cast<uint32_t>(offset), bytes};
  return block;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void *malloc(size_t bytes) noexcept { return allocate(0, bytes); }

__attribute__((visibility("default"))) void free(void *block) noexcept {
  if (block == nullptr) return;
  Header *header = header_of(block);
  header->mark = 0;
  __libc_free(static_cast<char *>(block) - header->offset);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t bytes) noexcept {
  size_t all;
  if (__builtin_mul_overflow(count, bytes, &all)) all = SIZE_MAX;
  void *block = allocate(0, all);
  return block == nullptr ? nullptr : memset(block, 0, all);
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t bytes) noexcept {
  if (block == nullptr) return allocate(0, bytes);
  const size_t before = header_of(block)->bytes;
  void *moved = allocate(0, bytes);
  if (moved == nullptr) return nullptr;
  memcpy(moved, block, before < bytes ? before : bytes);
  free(block);
  return moved;
}

__attribute__((visibility("default"))) void *memalign(size_t alignment, size_t bytes) noexcept {
  return allocate(alignment, bytes);
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t bytes) noexcept {
  return allocate(alignment, bytes);
}

__attribute__((visibility("default"))) int posix_memalign(void **block, size_t alignment, size_t bytes) noexcept {
  void *given = allocate(alignment, bytes);
  if (given == nullptr) return ENOMEM;
  *block = given;
  return 0;
}

__attribute__((visibility("default"))) void *valloc(size_t bytes) noexcept { return allocate(kPageBytes, bytes); }

__attribute__((visibility("default"))) void *pvalloc(size_t bytes) noexcept {
  return allocate(kPageBytes, (bytes + kPageBytes - 1) / kPageBytes * kPageBytes);
}

__attribute__((visibility("default"))) size_t malloc_usable_size(void *block) noexcept {
  return block == nullptr ? 0 : header_of(block)->bytes;
}
}
