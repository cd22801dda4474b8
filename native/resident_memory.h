// Gives back memory that the process does not need at rest.
#pragma once

namespace kinesis {

/// Takes the pages of the library that holds `symbol` out of the process, but for those that may differ from its file.
/// What is used again is mapped again from the system's file cache, 16 pages at a time.
void release_code_of(const void *symbol);

}  // namespace kinesis
