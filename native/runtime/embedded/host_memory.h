// Table through which host_memory.cc, a separate library, calls the host's memory functions.
#pragma once

#include <cstddef>

// X(result, name, parameters, arguments): all functions that glibc lets a program replace. Functions of the C library
// that allocate (strdup, getline, reallocarray), and operator new and delete of libstdc++, call these by name, and so
// reach the host's.
#define KINESIS_MEMORY_FUNCTIONS(X)                                                                 \
  X(void *, malloc, (size_t bytes), (bytes))                                                        \
  X(void, free, (void *block), (block))                                                             \
  X(void *, calloc, (size_t count, size_t bytes), (count, bytes))                                   \
  X(void *, realloc, (void *block, size_t bytes), (block, bytes))                                   \
  X(void *, memalign, (size_t alignment, size_t bytes), (alignment, bytes))                         \
  X(void *, aligned_alloc, (size_t alignment, size_t bytes), (alignment, bytes))                    \
  X(int, posix_memalign, (void **block, size_t alignment, size_t bytes), (block, alignment, bytes)) \
  X(void *, valloc, (size_t bytes), (bytes))                                                        \
  X(void *, pvalloc, (size_t bytes), (bytes))                                                       \
  X(size_t, malloc_usable_size, (void *block), (block))

// Marks the table among the library's bytes.
#define KINESIS_HOST_MEMORY_MARK "host's memory:>>"

namespace kinesis {

/// The table in the library's file; own_libraries.cc fills in the functions before it loads the library.
struct HostMemory {
  char mark[sizeof KINESIS_HOST_MEMORY_MARK];
#define KINESIS_SLOT(result, name, parameters, arguments) result(*name) parameters;
  KINESIS_MEMORY_FUNCTIONS(KINESIS_SLOT)
#undef KINESIS_SLOT
};

}  // namespace kinesis
