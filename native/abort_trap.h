// Keeps an abort of Node's (its heap is full, an assertion failed) from ending the host's process.
#pragma once

namespace kinesis {

/// Takes over SIGABRT. When a thread of Node's aborts, `node_is_gone` is called on it, and the thread then rests for
/// ever; an abort of any other thread goes on as the host had it. Node's threads are known by their signal mask.
void install_abort_trap(void (*node_is_gone)());

}  // namespace kinesis
