// Keeps an abort of Node (full heap, failed assertion) from ending the host's process.
#pragma once

#include <string>

namespace kinesis {

/// Name of Node's thread in `top -H`, at most 15 characters. Threads that Node starts inherit it.
constexpr const char *kNodeThreadName = "kinesis-node";

/// Takes over SIGABRT. A thread of Node that aborts blocks for ever, and the trap's own thread calls `node_is_gone`,
/// once. An abort of any other thread, and one that ends a crash, is left to the host. Node's threads are recognised by
/// their names. Returns a reason when the trap's thread cannot be started, and leaves SIGABRT to the host; else returns
/// an empty string.
std::string install_abort_trap(void (*node_is_gone)());

}  // namespace kinesis
