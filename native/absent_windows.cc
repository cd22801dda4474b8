// What Windows does not have, or has no need of: signals, and the pages of a program's file.
#include "abort_trap.h"
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

}  // namespace kinesis
