// Saves and restores the process state that node::Start changes, and blocks signals for threads.
#include "runtime/embedded/process_state.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <array>

namespace kinesis {
namespace {

std::array<struct sigaction, 65> action;
std::array<bool, 65> saved{};
std::array<int, 3> descriptor_flags{};
rlimit descriptors{};
bool is_limit_saved = false;

}  // namespace

void save_process_state() {
  for (int number = 1; number < 65; number++) saved[number] = sigaction(number, nullptr, &action[number]) == 0;
  for (int stream = 0; stream < 3; stream++) descriptor_flags[stream] = fcntl(stream, F_GETFD);
  is_limit_saved = getrlimit(RLIMIT_NOFILE, &descriptors) == 0;
}

void restore_process_state() {
  for (int number = 1; number < 65; number++) {
    if (saved[number]) sigaction(number, &action[number], nullptr);
  }
  for (int stream = 0; stream < 3; stream++) {
    if (descriptor_flags[stream] >= 0) fcntl(stream, F_SETFD, descriptor_flags[stream]);
  }
  if (is_limit_saved) setrlimit(RLIMIT_NOFILE, &descriptors);
}

SignalMask block_signals() {
  SignalMask blocked, before;
  sigfillset(&blocked);
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&blocked, number);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  return before;
}

void set_signals(const SignalMask &mask) { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }

}  // namespace kinesis
