// Stubs, for Windows, of functions that only Linux needs: for signals, pages of a program's file, and coroutines.
#include "fluent_bit/coroutine_wait.h"
#include "platform/platform.h"
#include "runtime/embedded/abort_trap.h"
#include "runtime/embedded/own_libraries.h"
#include "runtime/embedded/process_state.h"
#include "runtime/embedded/resident_memory.h"

namespace kinesis {

// Node changes no signal dispositions on Windows.
void save_process_state() {}
void restore_process_state() {}
SignalMask block_signals() { return {}; }
void set_signals(const SignalMask &) {}

// An abort of Node always ends the process on Windows; a core in a separate process ends alone.
std::string install_abort_trap(void (*)()) { return ""; }

// Windows itself reclaims memory that is not in use.
void release_code_of_node() {}
void map_large_blocks_apart() {}
void trim_memory() {}

// On Windows, a library finds names in the libraries that it was linked with.
void *open_with_own_libraries(const std::string &libnode, std::string &reason) { return open_library(libnode, reason); }
std::string own_libraries_refusal() { return ""; }
bool works_with_host_libraries(const std::string &) { return true; }

// fluent-bit.exe exports no coroutines: flushes block.
bool host_frees_chunks_early() { return false; }
LoopWaker *LoopWaker::for_this_flush(void (*)(uint32_t), void *&) { return nullptr; }
void LoopWaker::yield(void *) {}
void LoopWaker::remove_unused() {}

}  // namespace kinesis
