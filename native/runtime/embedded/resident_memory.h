// Gives back memory that the process does not need at rest.
#pragma once

namespace kinesis {

/// Takes the pages of Node's code and constants, of libnode or of the program node, out of the process, but for those
/// that may differ from their file. What is used again is mapped again from the system's file cache, 16 pages at a
/// time.
void release_code_of_node();

/// Has the allocator map each large block on its own, so that the system has it back when it is freed. Does nothing
/// where the environment sets the allocator's limits.
void map_large_blocks_apart();

/// Gives memory that the process has freed back to the system, where the allocator keeps it.
void trim_memory();

}  // namespace kinesis
