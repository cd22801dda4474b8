// Keeps an abort of Node's (its heap is full, an assertion failed) from ending the host's process.
#include "abort_trap.h"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <initializer_list>

namespace kinesis {
namespace {

void (*on_node_gone)() = nullptr;
struct sigaction host_action {};

// Node's threads inherit the mask of the one that was started for it (NodeRuntime::start): all that can be blocked but
// their own faults. No thread of the host blocks these four together.
bool is_nodes_thread(const ucontext_t &interrupted) {
  for (const int number : {SIGTERM, SIGHUP, SIGPIPE, SIGWINCH}) {
    if (sigismember(&interrupted.uc_sigmask, number) != 1) return false;
  }
  return true;
}

// abort() raises the signal on the thread that called it, and holds no lock meanwhile (glibc, stdlib/abort.c): what is
// done here happens at a known place, not in the middle of anything.
void on_abort(int number, siginfo_t *, void *context) {
  if (!is_nodes_thread(*static_cast<ucontext_t *>(context))) {
    sigaction(SIGABRT, &host_action, nullptr);
    raise(number);
    return;
  }
  static std::atomic<bool> is_told{false};
  if (!is_told.exchange(true)) on_node_gone();
  for (;;) pause();
}

}  // namespace

void install_abort_trap(void (*node_is_gone)()) {
  on_node_gone = node_is_gone;
  struct sigaction action {};
  action.sa_sigaction = on_abort;
  // SA_ONSTACK: Go plugins in the same process ask it of every handler.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGABRT, &action, &host_action);
}

}  // namespace kinesis
