// Replaces libnode: node::Start changes the process as Node's does, then runs a function of the executable.
#include <dlfcn.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifdef WITH_DEPENDENCY
extern "C" const char *name_of_both();
extern "C" void make_static();
#endif

namespace node {

// Node resets every disposition, then ignores SIGPIPE and handles SIGINT and SIGTERM itself; its thread takes all
// signals but SIGUSR1.
static void take_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < 32; number++) {
    if (number != SIGKILL && number != SIGSTOP) sigaction(number, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  action.sa_handler = [](int) {
    static const char message[] = "stand-in: a signal came to Node's handler\n";
    fwrite(message, 1, sizeof message - 1, stderr);
  };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

// libuv's requirement: one contiguous block of arguments, ended by a null pointer.
static bool in_one_block(int argc, char **argv) {
  for (int i = 0; i + 1 < argc; i++) {
    if (argv[i + 1] != argv[i] + strlen(argv[i]) + 1) return false;
  }
  return argv[argc] == nullptr;
}

__attribute__((visibility("default"))) int Start(int argc, char **argv) {
  if (argc < 4 || strcmp(argv[argc - 2], "-e") != 0 || !in_one_block(argc, argv)) {
    fprintf(stderr, "stand-in: wrong arguments for Node\n");
    return 9;
  }
#ifdef WITH_DEPENDENCY
  setenv("STAND_IN_SERVED_BY", name_of_both(), 1);
  if (getenv("STAND_IN_STATIC") != nullptr) make_static();
#endif
  auto run = reinterpret_cast<int (*)(const char *)>(dlsym(RTLD_DEFAULT, "stand_in_core_main"));
  if (run == nullptr) {
    fprintf(stderr, "stand-in: the executable has no stand_in_core_main\n");
    return 9;
  }
  take_signals();
  return run(argv[argc - 1]);
}

}  // namespace node
