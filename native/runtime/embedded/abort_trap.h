// Keeps an abort of Node's (its heap is full, an assertion failed) from ending the host's process.
#pragma once

#include <string>

namespace kinesis {

/// At most 15 characters; what shows in `top -H`. The threads that Node starts inherit it.
constexpr const char *kNodeThreadName = "kinesis-node";

/// Takes over SIGABRT. When a thread of Node's aborts, it rests for ever, and a thread of the trap's own calls
/// `node_is_gone`, once. An abort of any other thread, and one that ends a crash, goes on as the host had it. Node's
/// threads are known by their names. Returns a reason when the trap's thread cannot be started, else an empty string;
/// without it the host keeps SIGABRT.
std::string install_abort_trap(void (*node_is_gone)());

}  // namespace kinesis
