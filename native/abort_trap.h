// Keeps an abort of Node's (its heap is full, an assertion failed) from ending the host's process.
#pragma once

namespace kinesis {

/// At most 15 characters; what shows in `top -H`. The threads that Node starts inherit it.
constexpr const char *kNodeThreadName = "kinesis-node";

/// Takes over SIGABRT. When a thread of Node's aborts, `node_is_gone` is called on it, and the thread then rests for
/// ever; an abort of any other thread, and one that ends a crash, goes on as the host had it. Node's threads are known
/// by their names.
void install_abort_trap(void (*node_is_gone)());

}  // namespace kinesis
