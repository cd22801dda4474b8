// What Windows does not have, or has no need of: signals, the pages of a program's file, and a host that exports names.
#include "abort_trap.h"
#include "coroutine_wait.h"
#include "process_state.h"
#include "resident_memory.h"

namespace kinesis {

// Node changes no dispositions of the process there.
void save_process_state() {}
void restore_process_state() {}
SignalMask block_signals() { return {}; }
void set_signals(const SignalMask &) {}

// An abort cannot be kept from ending the process; a core in a process of its own ends alone.
void install_abort_trap(void (*)()) {}

// Windows takes back by itself what is not in use.
void release_code_of_node() {}
void trim_memory() {}

// fluent-bit.exe exports no coroutines: flushes block.
bool host_frees_chunks_early() { return false; }
LoopWaker *LoopWaker::for_this_flush(void (*)(uint32_t), void *&) { return nullptr; }
void LoopWaker::yield(void *) {}
void LoopWaker::remove_unused() {}

}  // namespace kinesis
