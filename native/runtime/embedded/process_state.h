// Saves and restores the process state that node::Start changes, and blocks signals for threads. Does nothing on
// Windows.
#pragma once

#include <signal.h>

namespace kinesis {

/// Saves the state that node::Start changes: it resets every signal's disposition and installs its own handlers, marks
/// the standard streams close-on-exec, which would take them from programs that the host starts, and raises the soft
/// limit of descriptors to the hard one, which those programs would inherit.
void save_process_state();

/// Restores the saved state.
void restore_process_state();

#ifdef _WIN32
struct SignalMask {};
#else
using SignalMask = sigset_t;
#endif

/// Blocks all signals of the calling thread except those of its own crashes: the host's handlers must run on the host's
/// threads. Returns the previous mask.
SignalMask block_signals();

/// Restores a mask.
void set_signals(const SignalMask &mask);

}  // namespace kinesis
