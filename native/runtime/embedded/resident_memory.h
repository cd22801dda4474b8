// Releases memory that the process does not need at rest.
#pragma once

namespace kinesis {

/// Removes the pages of Node's code and constants (of libnode or of the program node) from the process, except pages
/// that may differ from their file. Pages that are used again are mapped from the system's file cache, 16 at a time.
void release_code_of_node();

/// Makes the allocator map each large block separately, so that freeing the block returns it to the system. Does
/// nothing where the environment sets the allocator's limits.
void map_large_blocks_apart();

/// Releases memory that the process has freed but the allocator keeps.
void trim_memory();

}  // namespace kinesis
