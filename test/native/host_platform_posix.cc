// Implements host_platform.h with dlopen, ucontext and /proc.
#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <strings.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "host_platform.h"

namespace {

constexpr size_t kCoroutineStackBytes = 24 * 1024;
constexpr size_t kPageBytes = 4096;

void (*end_process)() = nullptr;

void on_signal(int) { end_process(); }

struct Call {
  void (*function)(void *);
  void *argument;
  ucontext_t back{}, inside{};
};

void enter(unsigned high, unsigned low) {
  auto *call = reinterpret_cast<Call *>((static_cast<uintptr_t>(high) << 32) | low);
  call->function(call->argument);
}

int is_own(int number) {
  struct sigaction current {};
  sigaction(number, nullptr, &current);
  return current.sa_handler == on_signal ? 1 : 0;
}

}  // namespace

namespace host {

int compare_ignoring_case(const std::string &a, const std::string &b) { return strcasecmp(a.c_str(), b.c_str()); }

void *open_library(const std::string &path, std::string &error) {
  void *library = dlopen(path.c_str(), RTLD_LAZY);
  if (library == nullptr) error = dlerror();
  return library;
}

void *find_function(void *library, const char *name) { return dlsym(library, name); }

void close_library(void *library) { dlclose(library); }

// The page after the stack faults on an overflow.
void call_on_small_stack(void (*function)(void *), void *argument) {
  const size_t bytes = kCoroutineStackBytes + kPageBytes;
  auto *stack = static_cast<char *>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (stack == MAP_FAILED || mprotect(stack, kPageBytes, PROT_NONE) != 0) abort();
  Call call{function, argument};
  getcontext(&call.inside);
  call.inside.uc_stack.ss_sp = stack + kPageBytes;
  call.inside.uc_stack.ss_size = kCoroutineStackBytes;
  call.inside.uc_link = &call.back;
  const auto address = reinterpret_cast<uintptr_t>(&call);
  makecontext(&call.inside, reinterpret_cast<void (*)()>(enter), 2, static_cast<unsigned>(address >> 32),
              static_cast<unsigned>(address & 0xFFFFFFFFu));
  swapcontext(&call.back, &call.inside);
  munmap(stack, bytes);
}

Usage measure_usage() {
  Usage usage{};
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "VmRSS:") words >> usage.rss_kib;
    if (name == "Threads:") words >> usage.threads;
  }
  if (DIR *folder = opendir("/proc/self/fd")) {
    while (readdir(folder) != nullptr) usage.descriptors++;
    closedir(folder);
  }
  // Minus the folder's own descriptor, "." and "..".
  usage.descriptors -= 3;
  return usage;
}

void prepare(void (*end)()) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  end_process = end;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

OwnSignals own_signals() { return {is_own(SIGINT), is_own(SIGTERM)}; }

}  // namespace host
