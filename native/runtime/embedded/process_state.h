// What node::Start changes for the whole process, and the signals that a thread takes. Windows has none of it.
#pragma once

#include <signal.h>

namespace kinesis {

/// Keeps what node::Start will change: it resets every signal's disposition and installs handlers of its own, marks the
/// standard streams close-on-exec, which would take them from programs that the host starts, and raises the soft limit
/// of descriptors to the hard one, which those programs would inherit.
void save_process_state();

/// Puts back what was kept.
void restore_process_state();

#ifdef _WIN32
struct SignalMask {};
#else
using SignalMask = sigset_t;
#endif

/// Blocks all signals for the calling thread but those of its own crashes: the host's handlers are to run on the host's
/// threads. Gives the mask as it was.
SignalMask block_signals();

/// Puts a mask back.
void set_signals(const SignalMask &mask);

}  // namespace kinesis
