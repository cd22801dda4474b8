// Tests flushes that wait in coroutines when their output, their thread or their host ends.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "coroutine_host.h"
#include "process_case.h"
#include "runtime/time_limits.h"
#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

namespace shim {
namespace {

using coroutine_host::EndOrder;
using coroutine_host::Flushes;
using coroutine_host::HostThread;
using kinesis::kStopTimeoutMs;
using std::chrono::milliseconds;

void expect_unreturned(const Flushes &flushes) {
  for (const auto &flush : flushes) CHECK(!flush->has_returned());
}

// Checks that the core works as before, and that nothing of the ended parts is left.
void expect_rest(const Instance &instance, int descriptors) {
  HostThread engine;
  for (const auto &flush : engine.flush_all(5, instance, "tag")) CHECK(flush->code() == flush->expected());
  CHECK(engine.leave() == 0);
  CHECK(instance.flush("", stand_in::kHeld) == 0);
  CHECK(open_descriptors() == descriptors);
}

// Each exit ends the flushes of its output, and no others.
void abandoned() {
  coroutine_host::export_names(HOST_NAMES);
  Instance rest, first, second;
  CHECK(rest.init() == kFlbOk && first.init() == kFlbOk && second.init() == kFlbOk);
  const int descriptors = open_descriptors();
  HostThread engine;
  const Flushes flushes[] = {
      engine.flush_all(3, first, stand_in::kHold), engine.flush_all(3, first, stand_in::kHoldChunk),
      engine.flush_all(2, second, stand_in::kHold), engine.flush_all(2, second, stand_in::kHoldChunk)};
  wait_until_held_by(rest, 10);
  CHECK(engine.end([&] {
    CHECK(first.exit() == kFlbOk);
    CHECK(second.flush("", stand_in::kHeld) == 4);
    CHECK(second.exit() == kFlbOk);
    CHECK(rest.flush("", stand_in::kHeld) == 0);
  }) == 10);
  for (const Flushes &some : flushes) expect_unreturned(some);
  expect_rest(rest, descriptors);
}

// The flushes have their replies when the loop stops, and are never resumed.
void abandoned_with_their_replies() {
  coroutine_host::export_names(HOST_NAMES);
  Instance rest, instance;
  CHECK(rest.init() == kFlbOk && instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  HostThread engine;
  const Flushes flushes = engine.flush_all(6, instance, stand_in::kHoldChunk);
  wait_until_held_by(rest, 6);
  // The loop does not run in between.
  CHECK(engine.end([&] {
    CHECK(rest.flush("", stand_in::kRelease) == rest.expected("", stand_in::kRelease));
    CHECK(instance.exit() == kFlbOk);
  }) == 6);
  expect_unreturned(flushes);
  expect_rest(rest, descriptors);
}

// The core fetches and reads chunks of abandoned flushes until it replies to the exit.
void delivered_at_exit(const char *names, EndOrder order) {
  coroutine_host::export_names(names);
  Instance rest, instance;
  instance.options[stand_in::kDeliverAtExit] = "yes";
  CHECK(rest.init() == kFlbOk && instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  for (const char *tag : {stand_in::kHold, stand_in::kHoldChunk}) {
    Instance each;
    each.options[stand_in::kDeliverAtExit] = "yes";
    CHECK(each.init() == kFlbOk);
    HostThread engine;
    const Flushes flushes = engine.flush_all(1, each, tag);
    wait_until_held_by(rest, 1);
    CHECK(engine.end([&] { CHECK(each.exit() == kFlbOk); }, order) == 1);
    CHECK(rest.flush("", stand_in::kLast) == flushes[0]->expected());
  }
  HostThread engine;
  const Flushes flushes = engine.flush_all(20, instance, stand_in::kHold);
  wait_until_held_by(rest, 20);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }, order) == 20);
  expect_unreturned(flushes);
  expect_rest(rest, descriptors);
}

void delivered_by_the_core() { delivered_at_exit(HOST_NAMES, EndOrder::kOutputsFirst); }

void inputs_end_first() { delivered_at_exit(HOST_NAMES_BEFORE_2_1_1, EndOrder::kInputsFirst); }

// Fluent Bit 1.8 passes the last output to each exit: each of these exits ends the flushes of one output.
void exits_of_the_last_output() {
  coroutine_host::export_names(HOST_NAMES_BEFORE_2_1_1);
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  setenv(stand_in_host::kVersionVariable, "0.2.2", 1);
  Instance first, last, rest;
  CHECK(first.init() == kFlbOk && last.init() == kFlbOk && rest.init() == kFlbOk);
  const int descriptors = open_descriptors();
  HostThread engine;
  const Flushes of_first = engine.flush_all(3, first, stand_in::kHoldChunk);
  const Flushes of_last = engine.flush_all(3, last, stand_in::kHoldChunk);
  wait_until_held_by(rest, 6);
  const auto exits = [&] { CHECK(last.exit() == kFlbOk && last.exit() == kFlbOk); };
  CHECK(engine.end(exits, EndOrder::kInputsFirst) == 6);
  expect_unreturned(of_first);
  expect_unreturned(of_last);
  CHECK(rest.flush("", stand_in::kCount) == 1);
  expect_rest(rest, descriptors);
}

void worker_ends() {
  coroutine_host::export_names(HOST_NAMES);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  HostThread engine, worker;
  const Flushes of_engine = engine.flush_all(2, instance, stand_in::kHoldChunk);
  const Flushes of_worker = worker.flush_all(3, instance, stand_in::kHoldChunk);
  const Flushes without_chunk = worker.flush_all(3, instance, stand_in::kHold);
  wait_until_held_by(instance, 8);
  CHECK(worker.leave() == 6);
  CHECK(instance.flush("", stand_in::kHeld) == 2);
  expect_unreturned(of_worker);
  expect_unreturned(without_chunk);
  CHECK(instance.flush("", stand_in::kRelease) == instance.expected("", stand_in::kRelease));
  for (const auto &flush : of_engine) CHECK(flush->code() == flush->expected());
  CHECK(engine.leave() == 0);
  expect_rest(instance, descriptors);
}

// Reloads as Fluent Bit does: the new configuration registers, the old one ends, and the new one begins on another
// thread.
void ten_reloads() {
  coroutine_host::export_names(HOST_NAMES);
  Instance rest;
  CHECK(rest.init() == kFlbOk);
  const int descriptors = open_descriptors();
  for (int turn = 0; turn < 10; turn++) {
    flb_plugin_proxy_def definition{};
    CHECK(FLBPluginRegister(&definition) == 0);
    HostThread engine, worker;
    Instance instance, of_worker;
    engine.call([&] { CHECK(instance.init() == kFlbOk && of_worker.init() == kFlbOk); });
    std::vector<Flushes> all;
    for (const char *tag : {"tag", stand_in::kHold, stand_in::kHoldChunk, stand_in::kRelease, stand_in::kHoldChunk}) {
      all.push_back(engine.flush_all(5, instance, tag));
      all.push_back(worker.flush_all(5, of_worker, tag));
    }
    worker.leave();
    engine.end([&] { CHECK(instance.exit() == kFlbOk && of_worker.exit() == kFlbOk); });
    FLBPluginUnregister(&definition);
    for (const Flushes &flushes : all) {
      for (const auto &flush : flushes) CHECK(!flush->has_returned() || flush->code() == flush->expected());
    }
  }
  expect_rest(rest, descriptors);
  CHECK(rest.flush("", stand_in::kCount) == 1);
}

// Runs flushes, releases, and ends of threads and outputs in random order.
void at_random() {
  coroutine_host::export_names(HOST_NAMES);
  Instance rest;
  CHECK(rest.init() == kFlbOk);
  const int descriptors = open_descriptors();
  const char *seed = getenv("FUZZ_SEED");
  std::mt19937 random(seed != nullptr ? static_cast<unsigned>(strtoul(seed, nullptr, 10)) : 20260114);
  const char *const tags[] = {
      "tag", "other", stand_in::kHold, stand_in::kHoldChunk, stand_in::kTwice, stand_in::kRelease};
  for (int life = 0; life < 8; life++) {
    Instance instance;
    CHECK(instance.init() == kFlbOk);
    auto engine = std::make_unique<HostThread>(), worker = std::make_unique<HostThread>();
    Flushes all;
    for (int step = 0; step < 60; step++) {
      HostThread &thread = random() % 2 == 0 ? *engine : *worker;
      const std::string chunk(random() % 3 == 0 ? 0 : random() % 5000, static_cast<char>('a' + step % 26));
      all.push_back(thread.flush(instance, chunk, tags[random() % 6]));
      if (random() % 20 == 0) usleep(1000);
      if (random() % 30 == 0) worker = std::make_unique<HostThread>();
    }
    worker->leave();
    engine->end([&] { CHECK(instance.exit() == kFlbOk); });
    for (const auto &flush : all) CHECK(!flush->has_returned() || flush->code() == flush->expected());
  }
  expect_rest(rest, descriptors);
}

milliseconds time_of_exit(HostThread &engine, const Instance &instance, size_t waiting) {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == waiting);
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
}

// An exit takes longer than the limit after which one without a sign is given up.
void exit_extended() {
  coroutine_host::export_names(HOST_NAMES);
  Instance rest, instance;
  instance.options[stand_in::kExitTakesMs] = std::to_string(kStopTimeoutMs + 1000);
  CHECK(rest.init() == kFlbOk && instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  HostThread engine;
  const Flushes flushes = engine.flush_all(2, instance, stand_in::kHoldChunk);
  wait_until_held_by(rest, 2);
  CHECK(time_of_exit(engine, instance, 2) >= milliseconds(kStopTimeoutMs + 1000));
  expect_unreturned(flushes);
  expect_rest(rest, descriptors);
}

// A core gets no chunk of a flush that it takes up after its exit was given up.
void exit_mute() {
  coroutine_host::export_names(HOST_NAMES);
  Known rest("one");
  Instance instance;
  instance.options[stand_in::kExitTakesMs] = "1000";
  instance.options[stand_in::kMuteExit] = "yes";
  CHECK(rest.init() == kFlbOk && instance.init() == kFlbOk);
  HostThread engine;
  const Flushes flushes = engine.flush_all(2, instance, stand_in::kHold);
  wait_until_held_by(rest, 2);
  const milliseconds time = time_of_exit(engine, instance, 2);
  CHECK(time >= milliseconds(kStopTimeoutMs + 900) && time < milliseconds(2 * kStopTimeoutMs));
  expect_unreturned(flushes);
  // The process of Node was ended, and the next one knows nothing of the flushes.
  rest.expect_known();
  const int held = rest.flush("", stand_in::kHeld);
  CHECK(rest.flush("", stand_in::kRelease) == rest.expected("", stand_in::kRelease));
  CHECK(rest.flush("", stand_in::kUnwanted) == held);
}

}  // namespace

Cases coroutine_end_cases() {
  return {{"coroutines-abandoned", abandoned},
          {"coroutines-abandoned-with-replies", abandoned_with_their_replies},
          {"coroutines-delivered-at-exit", delivered_by_the_core},
          {"coroutines-inputs-end-first", inputs_end_first},
          {"coroutines-exits-of-the-last", exits_of_the_last_output},
          {"coroutines-worker-ends", worker_ends},
          {"coroutines-ten-reloads", ten_reloads},
          {"coroutines-at-random", at_random},
          {"coroutines-exit-extended", exit_extended},
          {"coroutines-exit-mute", exit_mute}};
}

}  // namespace shim
