// Tests the real binding: calls and misuse by scripts, and the ends of Node and of the process.
#include <unistd.h>

#include <chrono>

#include "coroutine_host.h"
#include "process_case.h"
#include "runtime/time_limits.h"
#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

namespace shim {
namespace {

using coroutine_host::Flushes;
using coroutine_host::HostThread;
using kinesis::kStopTimeoutMs;

void misused() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", stand_in::kMisuse) == instance.expected("chunk", stand_in::kMisuse));
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
}

void memory_given_back() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  for (int turn = 0; turn < 3; turn++) {
    CHECK(instance.flush("chunk", stand_in::kMemory) == instance.expected("chunk", stand_in::kMemory));
  }
}

void handler_throws() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", stand_in::kThrow) == kFlbError);
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
}

void metrics_and_log() {
  const auto host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Known known("text of an option, \xc3\xa4");
  known.options[stand_in::kMetrics] = "yes";
  known.options[stand_in::kSayAtExit] = "yes";
  CHECK(known.init() == kFlbOk);
  known.expect_known();
  for (int turn = 1; turn <= 2; turn++) {
    CHECK(known.flush("chunk", stand_in::kGrow) == known.expected("chunk", stand_in::kGrow));
    CHECK(host.value("fluentbit_kinesis_things_total{new}") == 3 * turn);
  }
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; number++) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 25; turn++) {
        CHECK(known.flush("%s", stand_in::kSay) == known.expected("%s", stand_in::kSay));
        CHECK(known.flush("chunk", stand_in::kMeasure) == known.expected("chunk", stand_in::kMeasure));
      }
    });
  }
  for (auto &thread : threads) thread.join();
  CHECK(host.value("fluentbit_kinesis_things_total{other}") == 100);
  CHECK(host.value("fluentbit_kinesis_level{}") == 7);
  CHECK(host.lines().size() == 200 && host.lines()[0].text == "first %s");
  CHECK(known.exit() == kFlbOk);
  CHECK(host.lines().size() == 201 && host.lines()[200].text == "at the exit");
  host.free_metrics();
}

// Kills Node by a flush with the tag while other flushes, which have their chunks, wait.
void lose_node(const char *tag) {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<int> codes(8, -1);
  auto threads = flush_in_threads(instance, stand_in::kHoldChunk, codes);
  wait_until_held_by(instance, 8);
  CHECK(instance.flush("last", tag) == kFlbRetry);
  for (auto &thread : threads) thread.join();
  for (const int code : codes) CHECK(code == kFlbRetry);
  CHECK(instance.flush("later", "tag") == kFlbRetry);
  CHECK(instance.exit() == kFlbOk);
  usleep(200000);
}

void node_ends() { lose_node(stand_in::kDie); }

void node_exits() { lose_node(stand_in::kExit); }

std::vector<int> codes_at_exit(8, -1);
std::vector<std::thread> threads_at_exit;

void exit_with_flushes_open() {
  static Instance instance;
  check_at_exit([] {
    for (auto &thread : threads_at_exit) thread.join();
    for (const int code : codes_at_exit) CHECK(code == kFlbOk);
    CHECK(instance.flush("late", "tag") == kFlbRetry);
  });
  CHECK(instance.init() == kFlbOk);
  threads_at_exit = flush_in_threads(instance, stand_in::kHoldChunk, codes_at_exit);
  wait_until_held_by(instance, 8);
}

// A script reads a chunk for longer than the limit after which an exit is given up.
void exit_while_read() {
  coroutine_host::export_names(HOST_NAMES);
  Instance rest, instance;
  CHECK(rest.init() == kFlbOk && instance.init() == kFlbOk);
  HostThread engine;
  const auto flush = engine.flush(instance, std::to_string(kStopTimeoutMs + 2000), stand_in::kKeepReading);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 1);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(kStopTimeoutMs + 1500));
  CHECK(!flush->has_returned());
  CHECK(rest.flush("chunk", "tag") == rest.expected("chunk", "tag"));
}

}  // namespace

Cases binding_cases() {
  return {{"binding-misused", misused},
          {"binding-memory", memory_given_back},
          {"binding-handler-throws", handler_throws},
          {"binding-metrics-and-log", metrics_and_log},
          {"binding-node-ends", node_ends},
          {"binding-node-exits", node_exits},
          {"binding-exit-with-flushes-open", exit_with_flushes_open},
          {"binding-exit-while-read", exit_while_read}};
}

}  // namespace shim
