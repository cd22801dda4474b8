// Opens libnode so that it uses its own libraries, whatever functions of the same names the host exports.
#pragma once

#include <string>

namespace kinesis {

/// Opens libnode, as open_library() does, so that it and all that comes with it look for functions in its own libraries
/// first, and then in the host; only for memory they call the host's functions. Null with a reason when it cannot be.
void *open_with_own_libraries(const std::string &libnode, std::string &reason);

/// Why nothing can be opened so in this process, as the end of a sentence; "" when it can be.
std::string own_libraries_refusal();

/// Whether this libnode is known to work with the functions that Fluent Bit exports in place of its own libraries'.
bool works_with_host_libraries(const std::string &libnode);

}  // namespace kinesis
