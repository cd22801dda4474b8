// Keeps an abort of Node (full heap, failed assertion) from ending the host's process.
#include "runtime/embedded/abort_trap.h"

#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

#include "platform/thread.h"

namespace kinesis {
namespace {

constexpr size_t kWatchStackBytes = 256 * 1024;

void (*on_node_gone)() = nullptr;
// Posted by each thread of Node that aborts; never destroyed.
sem_t aborts;
struct sigaction host_action {};

// Names that Node 24 and newer give their threads; those of older versions inherit the name of their starter.
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

// Fluent Bit's handler for SIGSEGV also ends in abort(), on the thread that crashed. Such a signal is blocked only
// while its handler runs. After a crash the host must not go on.
bool is_in_crash(const ucontext_t &interrupted) {
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) {
    if (sigismember(&interrupted.uc_sigmask, number) == 1) return true;
  }
  return false;
}

// An abort may come from anywhere, with any lock held (the heap's, when the heap is damaged): the handler only calls
// functions listed in signal-safety(7), and a separate thread does the work.
void on_abort(int number, siginfo_t *, void *context) {
  if (!is_nodes_thread() || is_in_crash(*static_cast<ucontext_t *>(context))) {
    sigaction(SIGABRT, &host_action, nullptr);
    raise(number);
    return;
  }
  sem_post(&aborts);
  for (;;) pause();
}

void watch_for_abort() {
  name_thread("kinesis-abort");
  while (sem_wait(&aborts) != 0 && errno == EINTR) continue;
  on_node_gone();
}

}  // namespace

std::string install_abort_trap(void (*node_is_gone)()) {
  on_node_gone = node_is_gone;
  sem_init(&aborts, 0, 0);
  pthread_t watch;
  const std::string error = start_quiet_thread(kWatchStackBytes, watch_for_abort, watch);
  if (!error.empty()) return error;
  pthread_detach(watch);
  struct sigaction action {};
  action.sa_sigaction = on_abort;
  // SA_ONSTACK: Go plugins in the same process require it of every handler.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGABRT, &action, &host_action);
  return "";
}

}  // namespace kinesis
