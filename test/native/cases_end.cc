// Tests ends: Node dies under waiting flushes, or the process ends with or without Node.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "shim_host.h"
#include "stand_in_core.h"

namespace shim {
namespace {

// Kills Node by a flush with the tag while eight others wait.
void lose_node(const char *tag) {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<int> codes(8, -1);
  auto threads = flush_in_threads(instance, stand_in::kHold, codes);
  stand_in::wait_until_held(codes.size());
  CHECK(instance.flush("last", tag) == kFlbRetry);
  for (auto &thread : threads) thread.join();
  for (const int code : codes) CHECK(code == kFlbRetry);

  CHECK(instance.flush("later", "tag") == kFlbRetry);
  CHECK(instance.exit() == kFlbOk);
  Instance another;
  CHECK(another.init() == kFlbError);
  // The core replied only to the init.
  CHECK(stand_in::taken_replies() == 1);
}

void node_dies() { lose_node(stand_in::kDie); }

void node_aborts() { lose_node(stand_in::kAbort); }

// Node's threads are distinguished from others: an abort of the host ends the process.
void host_aborts() {
  struct sigaction action {};
  action.sa_handler = [](int) { _exit(0); };
  sigaction(SIGABRT, &action, nullptr);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", stand_in::kAbort) == kFlbRetry);
  abort();
}

// Fluent Bit's handler for a crash ends in abort(): that abort is not caught, on any thread.
void node_crashes() {
  struct sigaction action {};
  action.sa_handler = [](int) { abort(); };
  sigaction(SIGSEGV, &action, nullptr);
  action.sa_handler = [](int) { _exit(0); };
  sigaction(SIGABRT, &action, nullptr);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  instance.flush("chunk", stand_in::kCrash);
  CHECK(false);
}

void node_exits() { lose_node(stand_in::kExit); }

// Node dies while flushes begin: none may wait for ever.
void node_dies_under_load() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<std::thread> threads;
  for (int number = 0; number < 8; number++) {
    threads.emplace_back([&instance, number] {
      for (int turn = 0; turn < 200; turn++) {
        const bool last = number == 0 && turn == 20;
        const int code = instance.flush("chunk", last ? stand_in::kDie : "tag");
        CHECK(code == kFlbRetry || (!last && code == instance.expected("chunk", "tag")));
      }
    });
  }
  for (auto &thread : threads) thread.join();
  CHECK(instance.flush("chunk", "tag") == kFlbRetry);
}

void exit_joins_node() {
  check_at_exit([] { CHECK(stand_in::ended()); });
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(!stand_in::ended());
}

std::vector<int> codes_at_exit(8, -1);
std::vector<std::thread> threads_at_exit;

void exit_with_flushes_waiting() {
  static Instance instance;
  check_at_exit([] {
    CHECK(stand_in::ended());
    for (auto &thread : threads_at_exit) thread.join();
    for (const int code : codes_at_exit) CHECK(code == kFlbOk);
    CHECK(instance.flush("late", "tag") == kFlbRetry);
  });
  CHECK(instance.init() == kFlbOk);
  threads_at_exit = flush_in_threads(instance, stand_in::kHold, codes_at_exit);
  stand_in::wait_until_held(codes_at_exit.size());
}

void exit_without_init() {
  CHECK(FLBPluginFlushCtx(nullptr, "chunk", 5, "tag") == kFlbRetry);
  CHECK(FLBPluginExitCtx(nullptr) == kFlbOk);
  CHECK(FLBPluginExit() == kFlbOk);
  flb_plugin_proxy_def definition{};
  FLBPluginUnregister(&definition);
}

// In a hot reload, the new configuration registers while the old one still flushes, and initialises after its exit.
void registered_again() {
  Instance old, renewed;
  CHECK(old.init() == kFlbOk);
  flb_plugin_proxy_def definition{};
  CHECK(FLBPluginRegister(&definition) == 0);
  CHECK(old.flush("chunk", "tag") == old.expected("chunk", "tag"));
  CHECK(old.exit() == kFlbOk);
  FLBPluginUnregister(&definition);
  CHECK(renewed.init() == kFlbOk);
  CHECK(renewed.flush("chunk", "tag") == renewed.expected("chunk", "tag"));
}

// Node's thread may use the object until the plugin has stopped the thread, and exit() would destroy it earlier. Does
// not run under sanitizers, with which libnode is opened plainly.
void nothing_of_libnode_is_destroyed() {
  setenv("KINESIS_LIBNODE", STAND_IN_LIBNODE_WITH_DEPENDENCY, 1);
#ifdef SANITIZER_none
  setenv("STAND_IN_STATIC", "1", 1);
#endif
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.exit() == kFlbOk);
}

}  // namespace

Cases end_cases() {
  return {{"nothing-of-libnode-is-destroyed", nothing_of_libnode_is_destroyed},
          {"node-dies", node_dies},
          {"node-exits", node_exits},
          {"node-aborts", node_aborts},
          {"host-aborts", host_aborts},
          {"node-crashes", node_crashes},
          {"node-dies-under-load", node_dies_under_load},
          {"exit-joins-node", exit_joins_node},
          {"exit-with-flushes-waiting", exit_with_flushes_waiting},
          {"exit-without-init", exit_without_init},
          {"registered-again", registered_again}};
}

}  // namespace shim
