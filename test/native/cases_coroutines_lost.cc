// Tests flushes that wait in coroutines when Node, or its process, dies or falls silent.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "coroutine_host.h"
#include "process_case.h"
#include "runtime/time_limits.h"
#include "stand_in_core.h"

namespace shim {
namespace {

using coroutine_host::Flushes;
using coroutine_host::HostThread;

// Starts flushes on two threads, ends Node by one more, and waits for their replies.
void lose_core(HostThread &engine, HostThread &worker, const Instance &instance, const char *tag) {
  Flushes flushes;
  for (HostThread *thread : {&engine, &worker}) {
    for (const char *held : {stand_in::kHold, stand_in::kHoldChunk}) {
      for (const auto &flush : thread->flush_all(4, instance, held)) flushes.push_back(flush);
    }
  }
  wait_until_held_by(instance, 16);
  flushes.push_back(engine.flush(instance, "last", tag));
  for (const auto &flush : flushes) CHECK(flush->code() == kFlbRetry);
}

void lose_under_coroutines(const char *tag) {
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine, worker;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  lose_core(engine, worker, instance, tag);
  for (const auto &flush : engine.flush_all(5, instance, "tag")) CHECK(flush->code() == kFlbRetry);
  CHECK(worker.leave() == 0);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
  CHECK(open_descriptors() < descriptors);
}

void coroutine_node_dies() { lose_under_coroutines(stand_in::kDie); }
void coroutine_node_exits() { lose_under_coroutines(stand_in::kExit); }
void coroutine_node_aborts() { lose_under_coroutines(stand_in::kAbort); }

int code_of_the_next_process(HostThread &engine, const Instance &instance) {
  for (;;) {
    const int code = engine.flush(instance, "later", "tag")->code();
    if (code != kFlbRetry) return code;
    usleep(5000);
  }
}

// Waiting flushes are resumed with retry, later ones with the replies of the next process.
void coroutine_process_is_killed() {
  coroutine_host::export_names(HOST_NAMES);
  choose_process();
  HostThread engine, worker;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  for (const char *tag : {stand_in::kKill, stand_in::kDie, stand_in::kAbort, stand_in::kExit}) {
    lose_core(engine, worker, instance, tag);
    CHECK(code_of_the_next_process(engine, instance) == instance.expected("later", "tag"));
    engine.call([] {});
    worker.call([] {});
    CHECK(open_descriptors() == descriptors);
  }
  // Abandoned flushes of a process that is gone wait for nothing.
  engine.flush_all(3, instance, stand_in::kHoldChunk);
  wait_until_held_by(instance, 3);
  CHECK(instance.flush("", stand_in::kKill) == kFlbRetry);
  CHECK(worker.leave() == 0);
  engine.end([&] { CHECK(instance.exit() == kFlbOk); });
}

// Each reply is the flush's own, or retry, and each flush is resumed.
void coroutine_process_dies_under_load() {
  coroutine_host::export_names(HOST_NAMES);
  choose_process();
  HostThread engine, worker;
  Known first("one"), second("two");
  CHECK(first.init() == kFlbOk && second.init() == kFlbOk);
  const int descriptors = open_descriptors();
  for (int turn = 0; turn < 40; turn++) {
    Flushes flushes = engine.flush_all(10, first, stand_in::kRecall);
    for (const auto &flush : worker.flush_all(10, second, stand_in::kRecall)) flushes.push_back(flush);
    if (turn % 10 == 5) engine.flush(first, std::string(100000, 'x'), stand_in::kKill);
    for (size_t i = 0; i < flushes.size(); i++) {
      const int code = flushes[i]->code();
      CHECK(code == kFlbRetry || code == (i < 10 ? first : second).recollection());
    }
    usleep(20000);
  }
  first.expect_known();
  second.expect_known();
  CHECK(worker.leave() == 0);
  CHECK(engine.end([&] { CHECK(first.exit() == kFlbOk && second.exit() == kFlbOk); }) == 0);
  CHECK(open_descriptors() < descriptors);
}

void process_gets_chunks_on_request() {
  coroutine_host::export_names(HOST_NAMES);
  choose_process();
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const std::string large(3 << 20, 'x');
  const auto waiting = engine.flush(instance, large, stand_in::kHold);
  const auto fetched = engine.flush(instance, large, stand_in::kHoldChunk);
  wait_until_held_by(instance, 2);
  CHECK(instance.flush("", stand_in::kArrived) == 1);
  CHECK(instance.flush("", stand_in::kRelease) == instance.expected("", stand_in::kRelease));
  CHECK(waiting->code() == waiting->expected() && fetched->code() == fetched->expected());
  CHECK(instance.flush("", stand_in::kArrived) == 2);
  CHECK(engine.flush(instance, "", "empty")->code() == instance.expected("", "empty"));
  CHECK(instance.flush("", stand_in::kArrived) == 2);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

// The core requests a chunk after it replied to the flush.
void process_asks_too_late() {
  coroutine_host::export_names(HOST_NAMES);
  choose_process();
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  for (int turn = 1; turn <= 10; turn++) {
    CHECK(engine.flush(instance, "chunk", stand_in::kReplyAndAsk)->code() == kFlbOk);
    while (instance.flush("", stand_in::kUnwanted) != turn) usleep(1000);
  }
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

void wait_for_frozen_process() {
  siginfo_t info{};
  do {
    usleep(5000);
    CHECK(waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0);
  } while (info.si_pid == 0);
  // The chunk fills the connection.
  usleep(100000);
}

// A process that does nothing is ended after one limit, not two, and no chunk is read after `end` has returned.
void freeze(const char *tag, void (*end)(HostThread &engine, const Instance &instance)) {
  coroutine_host::export_names(HOST_NAMES);
  choose_process();
  HostThread engine;
  Known rest("one");
  Instance instance;
  CHECK(rest.init() == kFlbOk && instance.init() == kFlbOk);
  Flushes flushes = engine.flush_all(3, instance, stand_in::kHold);
  wait_until_held_by(instance, 3);
  flushes.push_back(engine.flush(instance, std::string(8 << 20, 'x'), tag));
  wait_for_frozen_process();
  const auto begin = std::chrono::steady_clock::now();
  end(engine, instance);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2 * kinesis::kStopTimeoutMs));
  for (const auto &flush : flushes) CHECK(!flush->has_returned());
  rest.expect_known();
  CHECK(rest.flush("", stand_in::kCount) == 1);
}

void end_by_exit(HostThread &engine, const Instance &instance) {
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 4);
}

void end_by_leaving(HostThread &engine, const Instance &instance) {
  CHECK(engine.leave() == 4);
  CHECK(instance.exit() == kFlbOk);
}

void process_is_mute_at_exit() { freeze(stand_in::kFreeze, end_by_exit); }
void process_is_mute_and_has_half_a_chunk() { freeze(stand_in::kAskAndFreeze, end_by_exit); }
void process_is_mute_when_a_thread_ends() { freeze(stand_in::kAskAndFreeze, end_by_leaving); }

}  // namespace

Cases coroutine_lost_cases() {
  return {{"coroutines-node-dies", coroutine_node_dies},
          {"coroutines-node-exits", coroutine_node_exits},
          {"coroutines-node-aborts", coroutine_node_aborts},
          {"process-killed-under-coroutines", coroutine_process_is_killed},
          {"process-killed-under-coroutines-load", coroutine_process_dies_under_load},
          {"process-chunk-on-request", process_gets_chunks_on_request},
          {"process-chunk-too-late", process_asks_too_late},
          {"process-mute-at-exit", process_is_mute_at_exit},
          {"process-mute-with-half-a-chunk", process_is_mute_and_has_half_a_chunk},
          {"process-mute-at-thread-end", process_is_mute_when_a_thread_ends}};
}

}  // namespace shim
