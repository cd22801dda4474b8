// Opens libnode so that it uses its own libraries, even where the host exports functions of the same names.
#pragma once

#include <string>

namespace kinesis {

/// Opens libnode, as open_library() does, so that it and its libraries look for functions in those libraries first, and
/// then in the host; only the memory functions are the host's. Returns null with a reason on failure.
void *open_with_own_libraries(const std::string &libnode, std::string &reason);

/// Returns why no libnode can be opened this way in this process, as the end of a sentence; "" when it can be.
std::string own_libraries_refusal();

/// Whether this libnode is known to work with the functions that Fluent Bit exports in place of its own libraries'.
bool works_with_host_libraries(const std::string &libnode);

}  // namespace kinesis
