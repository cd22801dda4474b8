// Keeps an abort of Node's (its heap is full, an assertion failed) from ending the host's process.
#include "abort_trap.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

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

// abort() raises the signal on the thread that called it, and holds no lock meanwhile (glibc, stdlib/abort.c): what is
// done here happens at a known place, not in the middle of anything.
void on_abort(int number) {
  if (!is_nodes_thread()) {
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
  action.sa_handler = on_abort;
  // SA_ONSTACK: Go plugins in the same process ask it of every handler.
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGABRT, &action, &host_action);
}

}  // namespace kinesis
