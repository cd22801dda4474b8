// Keeps an abort of Node's (its heap is full, an assertion failed) from ending the host's process.
#include "abort_trap.h"

#include <signal.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <initializer_list>

namespace kinesis {
namespace {

void (*on_node_gone)() = nullptr;
struct sigaction host_action {};

// A thread inherits the name of the one that starts it; from version 24 on, Node gives its threads names of their own.
constexpr const char *kNamesOfNode[] = {"V8Worker", "libuv-worker", "DelayedTaskSch", "SignalInspector"};

bool is_nodes_thread() {
  char name[16] = "";
  prctl(PR_GET_NAME, name);
  if (strcmp(name, kNodeThreadName) == 0) return true;
  for (const char *known : kNamesOfNode) {
    if (strncmp(name, known, strlen(known)) == 0) return true;
  }
  return false;
}

// Fluent Bit's handler for SIGSEGV ends in abort() too, on the thread that crashed. While such a handler runs its
// signal is blocked, which it never is otherwise. After a crash the host is not to go on.
bool is_in_crash(const ucontext_t &interrupted) {
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) {
    if (sigismember(&interrupted.uc_sigmask, number) == 1) return true;
  }
  return false;
}

// abort() raises the signal on the thread that called it, and holds no lock meanwhile (glibc, stdlib/abort.c): what is
// done here happens at a known place, not in the middle of anything.
void on_abort(int number, siginfo_t *, void *context) {
  if (!is_nodes_thread() || is_in_crash(*static_cast<ucontext_t *>(context))) {
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
