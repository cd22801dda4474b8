// Replaces own_libraries.cc under sanitizers, which end a process that opens a library with RTLD_DEEPBIND.
#include "platform/platform.h"
#include "runtime/embedded/own_libraries.h"

namespace kinesis {

void *open_with_own_libraries(const std::string &libnode, std::string &reason) { return open_library(libnode, reason); }

std::string own_libraries_refusal() { return ""; }

bool works_with_host_libraries(const std::string &) { return false; }

}  // namespace kinesis
