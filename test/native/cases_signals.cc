// Tests signals: dispositions and masks are the host's again once the core is up, or failed to come up.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "shim_host.h"
#include "stand_in_core.h"

namespace shim {
namespace {

constexpr int kSynchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
std::atomic<int> handled{0};
std::atomic<bool> handled_by_node{false};

void handle(int) {
  handled_by_node = pthread_equal(pthread_self(), stand_in::observed.thread) != 0;
  handled++;
}
void handle_with_information(int, siginfo_t *, void *) {}

// Returns every signal that a program can handle, each with a handler, flags and mask that differ from its neighbours'.
std::vector<int> catchable_signals() {
  std::vector<int> numbers;
  for (int number = 1; number < 32; number++) {
    if (number != SIGKILL && number != SIGSTOP) numbers.push_back(number);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) numbers.push_back(number);
  return numbers;
}

void set_host_dispositions() {
  for (const int number : catchable_signals()) {
    struct sigaction action {};
    if (number % 3 == 0) action.sa_handler = SIG_IGN;
    if (number % 3 == 1) action.sa_handler = handle;
    if (number % 3 == 2) {
      action.sa_sigaction = handle_with_information;
      action.sa_flags = SA_SIGINFO | SA_RESTART;
      sigaddset(&action.sa_mask, SIGUSR2);
    }
    CHECK(sigaction(number, &action, nullptr) == 0);
  }
  struct sigaction action {};
  action.sa_handler = handle;
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) sigaction(number, &action, nullptr);
}

std::vector<struct sigaction> dispositions() {
  std::vector<struct sigaction> all;
  for (const int number : catchable_signals()) {
    if (number == SIGABRT) continue;  // has another handler while Node is up (native/runtime/embedded/abort_trap.cc)
    struct sigaction action {};
    CHECK(sigaction(number, nullptr, &action) == 0);
    all.push_back(action);
  }
  return all;
}

bool same_mask(const sigset_t &left, const sigset_t &right) {
  for (const int number : catchable_signals()) {
    if (sigismember(&left, number) != sigismember(&right, number)) return false;
  }
  return true;
}

bool same(const std::vector<struct sigaction> &left, const std::vector<struct sigaction> &right) {
  for (size_t i = 0; i < left.size(); i++) {
    // The handler and the sigaction are one union.
    if (left[i].sa_handler != right[i].sa_handler || left[i].sa_flags != right[i].sa_flags) return false;
    if (!same_mask(left[i].sa_mask, right[i].sa_mask)) return false;
  }
  return left.size() == right.size();
}

void init_gives_dispositions_back(int code) {
  set_host_dispositions();
  const auto before = dispositions();
  Instance instance;
  CHECK(instance.init() == code);
  CHECK(stand_in::observed.host_signals_taken);
  CHECK(same(before, dispositions()));
}

void dispositions_after_init() { init_gives_dispositions_back(kFlbOk); }

void dispositions_after_early_return() {
  stand_in::settings.before_up = stand_in::BeforeUp::kReturn;
  init_gives_dispositions_back(kFlbError);
}

// The core calls process.exit() while it loads: node::Start never returns.
void dispositions_after_early_exit() {
  stand_in::settings.before_up = stand_in::BeforeUp::kExit;
  init_gives_dispositions_back(kFlbError);
}

// A signal to the process runs the host's handler, on a thread of the host.
void delivered_to_host() {
  set_host_dispositions();
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  CHECK(kill(getpid(), SIGTERM) == 0);
  // Node's thread is the only other one: if it did not block the signal, it would handle it while this flush waits.
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
  CHECK(handled == 0);
  pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  CHECK(handled == 1);
  CHECK(!handled_by_node);
}

void caller_mask() {
  sigset_t mask, before, after;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  sigaddset(&mask, SIGPIPE);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  CHECK(same_mask(before, after));
  CHECK(sigismember(&after, SIGUSR2) == 1 && sigismember(&after, SIGTERM) == 0);
}

void node_mask() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  sigset_t open;
  sigemptyset(&open);
  for (const int number : kSynchronous) sigaddset(&open, number);
  for (const int number : catchable_signals()) {
    CHECK(sigismember(&stand_in::observed.mask, number) != sigismember(&open, number));
  }
}

}  // namespace

Cases signal_cases() {
  return {{"dispositions-after-init", dispositions_after_init},
          {"dispositions-after-early-return", dispositions_after_early_return},
          {"dispositions-after-early-exit", dispositions_after_early_exit},
          {"delivered-to-host", delivered_to_host},
          {"caller-mask", caller_mask},
          {"node-mask", node_mask}};
}

}  // namespace shim
