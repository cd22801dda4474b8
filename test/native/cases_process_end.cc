// Cases about the end of a core's own process: under waiting flushes, under load, again and again, and with its host.
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "process_case.h"
#include "runtime/process/frame.h"
#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

namespace shim {
namespace {

using kinesis::FrameHeader;
using kinesis::FrameKind;

// Ends the process by a flush with the tag while eight others wait.
void lose_process(const char *tag) {
  choose_process();
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<int> codes(8, -1);
  auto threads = flush_in_threads(instance, stand_in::kHold, codes);
  wait_until_held_by(instance, static_cast<int>(codes.size()));
  CHECK(instance.flush("last", tag) == kFlbRetry);
  for (auto &thread : threads) thread.join();
  for (const int code : codes) CHECK(code == kFlbRetry);

  CHECK(flush_until_answered(instance, "later", "tag") == instance.expected("later", "tag"));
  CHECK(instance.flush("", stand_in::kHeld) == 0);
  Instance another;
  CHECK(another.init() == kFlbOk);
  CHECK(another.flush("chunk", "tag") == another.expected("chunk", "tag"));
  CHECK(instance.exit() == kFlbOk);
  CHECK(another.flush("", stand_in::kCount) == 1);
}

void process_dies() { lose_process(stand_in::kDie); }
void process_exits() { lose_process(stand_in::kExit); }
void process_aborts() { lose_process(stand_in::kAbort); }
void process_is_killed() { lose_process(stand_in::kKill); }

// Each answer is the flush's own, or retry; none waits for ever.
void process_dies_under_load() {
  choose_process();
  const Known known[] = {Known("one"), Known("two")};
  Known *instances = const_cast<Known *>(known);
  CHECK(instances[0].init() == kFlbOk && instances[1].init() == kFlbOk);
  std::vector<std::thread> threads;
  for (int number = 0; number < 8; number++) {
    threads.emplace_back([&known, number] {
      const Known &instance = known[number % 2];
      const std::string chunk(1000 * number, 'x');
      for (int turn = 0; turn < 200; turn++) {
        const bool is_last = number == 0 && turn % 100 == 20;
        const int code = instance.flush(chunk, is_last ? stand_in::kKill : stand_in::kRecall);
        CHECK(code == kFlbRetry || (!is_last && code == instance.recollection()));
        if (code == kFlbRetry) usleep(1000);
      }
    });
  }
  for (auto &thread : threads) thread.join();
  for (const Known &instance : known) instance.expect_known();
}

// An instance goes on in the next process with its options, its place in the host's log, and its metrics.
void process_restarts() {
  const auto host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  choose_process();
  // Three for each; a fourth would fail the init.
  host.fail_after(3);
  Known first("one"), second("two");
  first.options[stand_in::kMetrics] = "yes";
  CHECK(first.init() == kFlbOk && second.init() == kFlbOk);
  const int descriptors = open_descriptors(), threads = running_threads();
  for (int run = 1; run <= 4; run++) {
    // Both orders in which they are opened again.
    (run % 2 == 0 ? first : second).expect_known();
    (run % 2 == 0 ? second : first).expect_known();
    first.flush("", stand_in::kMeasure);
    CHECK(host.value("fluentbit_kinesis_things_total{other}") == run);
    first.flush("", stand_in::kGrow);
    CHECK(host.value("fluentbit_kinesis_things_total{new}") == 3 * run);
    CHECK(first.flush("", stand_in::kCount) == 2);
    CHECK(open_descriptors() == descriptors && running_threads() == threads);
    if (run < 4) CHECK(first.flush("", stand_in::kKill) == kFlbRetry);
  }
  size_t told = 0;
  for (const auto &line : host.lines()) told += line.text.find("started again") != std::string::npos ? 1 : 0;
  CHECK(told <= 3);
  // The first to come opens it; who comes meanwhile waits for that.
  first.flush("", stand_in::kKill);
  std::vector<std::thread> all;
  for (int number = 0; number < 8; number++) all.emplace_back([&second] { second.expect_known(); });
  for (auto &thread : all) thread.join();
  CHECK(second.flush("", stand_in::kCount) == 1);
  // What the new process never heard of has nothing to exit.
  CHECK(first.exit() == kFlbOk);
  CHECK(second.exit() == kFlbOk);
}

std::string bytes_of(FrameHeader header, const std::string &text = "") {
  return std::string(reinterpret_cast<const char *>(&header), sizeof header) + text;
}

// What makes no sense ends this run, and the next one goes on.
void expect_refused(std::initializer_list<std::string> lies) {
  choose_process();
  Known instance("one");
  CHECK(instance.init() == kFlbOk);
  for (const std::string &lie : lies) {
    instance.expect_known();
    // The answer behind it may be read as part of it.
    CHECK(instance.flush(lie, stand_in::kRaw) == kFlbRetry);
  }
  instance.expect_known();
}

void lying_frames() {
  FrameHeader text{FrameKind::kLog}, data{FrameKind::kMetrics}, half_a_pair{FrameKind::kMetrics},
      shorter{FrameKind::kLog};
  text.text_bytes = UINT64_C(1) << 60;
  data.data_bytes = UINT64_C(1) << 30;
  half_a_pair.data_bytes = 9;
  shorter.text_bytes = 3;
  expect_refused({bytes_of(text), bytes_of(data), bytes_of(half_a_pair, std::string(9, '\0')),
                  bytes_of(shorter, std::string(100, 'x'))});
}

// Frames that the host sends, or that come once, and lists with more members than their text has room for.
void senseless_frames() {
  FrameHeader names{FrameKind::kSetOptions}, definitions{FrameKind::kOpenMetrics};
  names.text_bytes = definitions.text_bytes = 8;
  const std::string counts("\xff\xff\xff\x7f\xff\xff\xff\x7f", 8);
  expect_refused({bytes_of({FrameKind::kQuestionReply}), bytes_of({FrameKind::kReady}), bytes_of(names, counts),
                  bytes_of(definitions, counts)});
}

// A frame that ends before its end, because its sender does.
void cut_frame() {
  choose_process();
  Known instance("one");
  CHECK(instance.init() == kFlbOk);
  FrameHeader longer{FrameKind::kLog};
  longer.text_bytes = 1000;
  CHECK(instance.flush(bytes_of(longer, "only this"), stand_in::kRawAndKill) == kFlbRetry);
  instance.expect_known();
}

// Ids, sets, series and levels that nobody has.
void frames_for_nobody() {
  const auto host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  choose_process();
  Known instance("one");
  instance.options[stand_in::kMetrics] = "yes";
  CHECK(instance.init() == kFlbOk);
  FrameHeader pairs{FrameKind::kMetrics, 1};
  pairs.data_bytes = 32;
  const double wrong[] = {4, 1, -1e300, 1};
  std::string all = bytes_of({FrameKind::kReply, 4000000000u, 1}) + bytes_of({FrameKind::kMetrics, 4000000000u});
  all += bytes_of(pairs, std::string(reinterpret_cast<const char *>(wrong), sizeof wrong));
  CHECK(instance.flush(all, stand_in::kRaw) == instance.expected(all, stand_in::kRaw));
  instance.expect_known();
  CHECK(host.value("fluentbit_kinesis_things_total{other}") == 0);
}

std::vector<int> process_codes_at_exit(8, -1);
std::vector<std::thread> process_threads_at_exit;

void process_end_with_flushes_waiting() {
  static Instance instance;
  choose_process();
  check_at_exit([] {
    CHECK(has_no_child());
    for (auto &thread : process_threads_at_exit) thread.join();
    for (const int code : process_codes_at_exit) CHECK(code == kFlbOk);
    CHECK(instance.flush("late", "tag") == kFlbRetry);
  });
  CHECK(instance.init() == kFlbOk);
  process_threads_at_exit = flush_in_threads(instance, stand_in::kHold, process_codes_at_exit);
  wait_until_held_by(instance, static_cast<int>(process_codes_at_exit.size()));
}

void expect_no_child_from_now_on() {
  CHECK(has_no_child());
  usleep(300000);
  CHECK(has_no_child());
}

// In the pause before the next run.
void process_end_while_down() {
  choose_process();
  check_at_exit(expect_no_child_from_now_on);
  static Known instance("one");
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("", stand_in::kKill) == kFlbRetry);
  CHECK(flush_until_answered(instance, "", stand_in::kRecall) == instance.recollection());
  CHECK(instance.flush("", stand_in::kKill) == kFlbRetry);
}

// The next run has begun, and its core is not up yet.
void process_end_while_starting() {
  choose_process();
  check_at_exit(expect_no_child_from_now_on);
  static Known instance("one");
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("", stand_in::kKill) == kFlbRetry);
  while (has_no_child()) usleep(1000);
}

}  // namespace

Cases process_end_cases() {
  return {{"process-dies", process_dies},
          {"process-exits", process_exits},
          {"process-aborts", process_aborts},
          {"process-is-killed", process_is_killed},
          {"process-dies-under-load", process_dies_under_load},
          {"process-restarts", process_restarts},
          {"process-lying-frames", lying_frames},
          {"process-senseless-frames", senseless_frames},
          {"process-cut-frame", cut_frame},
          {"process-frames-for-nobody", frames_for_nobody},
          {"process-end-with-flushes-waiting", process_end_with_flushes_waiting},
          {"process-end-while-down", process_end_while_down},
          {"process-end-while-starting", process_end_while_starting}};
}

}  // namespace shim
