// Tests flushes that return the host's thread while they wait, and flushes that have to block.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "coroutine_host.h"
#include "process_case.h"
#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

namespace shim {
namespace {

using coroutine_host::Flushes;
using coroutine_host::HostThread;
using coroutine_host::Layout;

constexpr int kMaxInFlight = 22;

// Runs on a separate thread without a coroutine.
void release(const Instance &instance) {
  CHECK(instance.flush("", stand_in::kRelease) == instance.expected("", stand_in::kRelease));
}

void expect_own_replies(const Flushes &flushes) {
  for (const auto &flush : flushes) CHECK(flush->code() == flush->expected());
}

int blocks(HostThread &engine, const Instance &instance) {
  return engine.flush(instance, "chunk", stand_in::kBlocks)->code();
}

void resumed() {
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine;
  Instance instance;
  engine.call([&] { CHECK(instance.init() == kFlbOk); });
  const auto flush = engine.flush(instance, "chunk", stand_in::kHold);
  wait_until_held_by(instance, 1);
  // The thread does other work meanwhile.
  CHECK(engine.flush(instance, "other", "tag")->code() == instance.expected("other", "tag"));
  engine.call([&] { CHECK(!flush->has_returned()); });
  release(instance);
  CHECK(flush->code() == flush->expected());
  CHECK(blocks(engine, instance) == 0);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

void many_in_flight() {
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  for (int turn = 0; turn < 10; turn++) {
    const Flushes flushes =
        engine.flush_all(kMaxInFlight, instance, turn % 2 == 0 ? stand_in::kHold : stand_in::kHoldChunk);
    wait_until_held_by(instance, kMaxInFlight);
    // One descriptor for all waiting flushes.
    CHECK(open_descriptors() == descriptors + 1);
    for (const auto &flush : flushes) CHECK(!flush->has_returned());
    release(instance);
    expect_own_replies(flushes);
    engine.call([] {});
    CHECK(open_descriptors() == descriptors);
  }
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

// Waits long enough for the core's reply.
void replied_before_the_yield() {
  coroutine_host::export_names(HOST_NAMES);
  static int yields = 0;
  coroutine_host::set_before_yield([] {
    usleep(50000);
    yields++;
  });
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  expect_own_replies(engine.flush_all(5, instance, "tag"));
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
  CHECK(yields == 5);
}

void with_a_word_before() {
  coroutine_host::set_layout(Layout::kWordBefore);
  many_in_flight();
}

// Flushes block their threads, and still get their replies.
void expect_blocking(const char *names) {
  coroutine_host::export_names(names);
  HostThread engine, worker;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  CHECK(blocks(engine, instance) == 1);
  const Flushes first = engine.flush_all(50, instance, "tag"), second = worker.flush_all(50, instance, "tag");
  expect_own_replies(first);
  expect_own_replies(second);
  CHECK(open_descriptors() == descriptors);
  CHECK(worker.leave() == 0);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

void unknown_layout() {
  coroutine_host::set_layout(Layout::kUnknown);
  expect_blocking(HOST_NAMES);
}

void names_missing() { expect_blocking(HOST_NAMES_INCOMPLETE); }

// Also on a thread where a coroutine ran before, and another waits.
void outside_of_coroutines() {
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const auto waiting = engine.flush(instance, "chunk", stand_in::kHold);
  expect_own_replies(engine.flush_all(3, instance, "tag"));
  engine.call([&] {
    CHECK(instance.flush("chunk", stand_in::kBlocks) == 1);
    CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
  });
  CHECK(instance.flush("chunk", stand_in::kBlocks) == 1);
  release(instance);
  CHECK(waiting->code() == waiting->expected());
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

void workers_and_engine() {
  coroutine_host::export_names(HOST_NAMES);
  Instance instance, of_workers;
  CHECK(instance.init() == kFlbOk && of_workers.init() == kFlbOk);
  const int descriptors = open_descriptors();
  {
    HostThread engine, first, second;
    std::vector<Flushes> all;
    for (int turn = 0; turn < 20; turn++) {
      all.push_back(engine.flush_all(10, instance, turn % 5 == 0 ? stand_in::kHoldChunk : "tag"));
      all.push_back(first.flush_all(10, of_workers, turn % 5 == 1 ? stand_in::kHold : "tag"));
      all.push_back(second.flush_all(10, of_workers, "tag"));
    }
    for (const Flushes &flushes : all) {
      for (const auto &flush : flushes) {
        while (!flush->has_returned()) release(instance);
      }
      expect_own_replies(flushes);
    }
    CHECK(first.leave() == 0 && second.leave() == 0);
    CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk && of_workers.exit() == kFlbOk); }) == 0);
  }
  CHECK(open_descriptors() == descriptors);
}

// The thread of a waiting coroutine writes the lines, before the reply to the flush that logs them.
void log_of_coroutines() {
  const auto host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine;
  Instance instance;
  instance.options[stand_in::kSayAtExit] = "yes";
  pthread_t thread{};
  engine.call([&] {
    thread = pthread_self();
    CHECK(instance.init() == kFlbOk);
  });
  const Flushes waiting = engine.flush_all(5, instance, stand_in::kHold);
  CHECK(engine.flush(instance, "%s %n", stand_in::kSay)->code() == instance.expected("%s %n", stand_in::kSay));
  auto lines = host.lines();
  CHECK(lines.size() == 2);
  CHECK(lines[0].level == 2 && lines[0].text == "first %s %n" && lines[1].text == "second %s %n");
  expect_own_replies(engine.flush_all(100, instance, stand_in::kSay));
  release(instance);
  expect_own_replies(waiting);
  // The exit's line comes through the exit, not through a flush that is never resumed.
  engine.flush_all(3, instance, stand_in::kHold);
  wait_until_held_by(instance, 3);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 3);
  lines = host.lines();
  CHECK(lines.size() == 203 && lines.back().text == "at the exit");
  for (const auto &line : lines) CHECK(pthread_equal(line.thread, thread));
}

void hundred_thousand() {
#ifdef SANITIZER_none
  constexpr int kTurns = 1000;
#else
  constexpr int kTurns = 100;
#endif
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const auto flush = [&](int turns) {
    for (int turn = 0; turn < turns; turn++) expect_own_replies(engine.flush_all(100, instance, "tag"));
  };
  flush(kTurns / 10);
  const size_t before = mallinfo2().uordblks;
  const int descriptors = open_descriptors();
  flush(kTurns);
  engine.call([] {});
  // A leak of one pointer per flush is 800,000 bytes. (Sanitizers have their own leak check.)
  CHECK(mallinfo2().uordblks < before + 64 * 1024);
  CHECK(open_descriptors() <= descriptors);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

void no_descriptor_left() {
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(blocks(engine, instance) == 0);
  rlimit before{};
  CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 3;
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  expect_own_replies(engine.flush_all(20, instance, "tag"));
  CHECK(blocks(engine, instance) == 1);
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(blocks(engine, instance) == 0);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

void loop_refuses_events() {
  coroutine_host::export_names(HOST_NAMES);
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  coroutine_host::refuse_events(true);
  expect_own_replies(engine.flush_all(20, instance, "tag"));
  CHECK(blocks(engine, instance) == 1);
  CHECK(open_descriptors() == descriptors);
  coroutine_host::refuse_events(false);
  CHECK(blocks(engine, instance) == 0);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

// Copies for a host that frees its chunks early are limited: after 60 MiB there is no room for 5.
void too_many_copies() {
  coroutine_host::export_names(HOST_NAMES_BEFORE_2_1_1);
  HostThread engine;
  Instance large, small;
  CHECK(large.init() == kFlbOk && small.init() == kFlbOk);
  const auto waiting = engine.flush(large, std::string(60 << 20, 'x'), stand_in::kHold);
  wait_until_held_by(small, 1);
  const std::string five(5 << 20, 'y');
  CHECK(engine.flush(small, five, stand_in::kBlocks)->code() == 1);
  CHECK(engine.flush(small, "chunk", stand_in::kBlocks)->code() == 0);
  CHECK(!waiting->has_returned());
  engine.call([&] { CHECK(large.exit() == kFlbOk); });
  CHECK(engine.flush(small, five, stand_in::kBlocks)->code() == 0);
  CHECK(engine.end([&] { CHECK(small.exit() == kFlbOk); }) == 1);
}

// Nothing is left of the preparations for a flush that blocks in the end.
void too_large_a_copy() {
  coroutine_host::export_names(HOST_NAMES_BEFORE_2_1_1);
  HostThread engine;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const int descriptors = open_descriptors();
  CHECK(engine.flush(instance, std::string(65 << 20, 'x'), stand_in::kBlocks)->code() == 1);
  CHECK(open_descriptors() == descriptors);
  CHECK(blocks(engine, instance) == 0);
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

}  // namespace

Cases coroutine_cases() {
  return {{"coroutine-resumed", resumed},
          {"coroutines-22-in-flight", many_in_flight},
          {"coroutine-replied-early", replied_before_the_yield},
          {"coroutine-with-a-word-before", with_a_word_before},
          {"coroutine-of-unknown-layout", unknown_layout},
          {"coroutine-names-missing", names_missing},
          {"coroutine-does-not-run", outside_of_coroutines},
          {"coroutines-of-workers", workers_and_engine},
          {"coroutines-log", log_of_coroutines},
          {"coroutines-hundred-thousand", hundred_thousand},
          {"coroutine-without-descriptor", no_descriptor_left},
          {"coroutine-without-event", loop_refuses_events},
          {"coroutines-too-many-copies", too_many_copies},
          {"coroutine-too-large-a-copy", too_large_a_copy}};
}

}  // namespace shim
