// Tests a core in a separate process: how its program is found and started, and the data between the two processes.
#include <unistd.h>

#include <cstdlib>

#include "process_case.h"
#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

namespace shim {
namespace {

void choose_core(const char *before_up) {
  choose_process();
  setenv(stand_in::kBeforeUpVariable, before_up, 1);
}

// When a process does not come up, nothing of it stays, and the next init starts another.
void fails_and_starts_again(const char *before_up) {
  choose_core(before_up);
  Instance instance;
  for (int turn = 0; turn < 2; turn++) {
    CHECK(instance.init() == kFlbError);
    CHECK(instance.flush("chunk", "tag") == kFlbRetry);
    CHECK(has_no_child());
  }
  const int descriptors = open_descriptors();
  CHECK(instance.init() == kFlbError && open_descriptors() == descriptors);
  unsetenv(stand_in::kBeforeUpVariable);
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
}

void process_ends_early() { fails_and_starts_again("return"); }
void process_exits_early() { fails_and_starts_again("exit"); }
void process_refuses() { fails_and_starts_again("refuse"); }

void no_program_can_run(const char *path) {
  choose_process();
  setenv("KINESIS_NODE", path, 1);
  Instance instance;
  CHECK(instance.init() == kFlbError && instance.context == nullptr);
  CHECK(instance.flush("chunk", "tag") == kFlbRetry);
  CHECK(has_no_child());
}

void no_program() { no_program_can_run("/nowhere/node"); }
void not_executable() { no_program_can_run("/dev/null"); }
void not_node() { no_program_can_run("/bin/false"); }

void wrong_runtime() {
  setenv("KINESIS_RUNTIME", "thread", 1);
  Instance instance;
  CHECK(instance.init() == kFlbError);
  // The value is case-insensitive.
  setenv("KINESIS_RUNTIME", "Process", 1);
  CHECK(instance.init() == kFlbOk);
  CHECK(!has_no_child());
}

void embedded_by_name() {
  setenv("KINESIS_RUNTIME", "embedded", 1);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
  CHECK(has_no_child());
}

// Sends chunks of any size (within a socket's buffer, and above), with a tag's text and without.
void large_chunks() {
  choose_process();
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  for (const size_t bytes : {size_t{1}, size_t{65536}, size_t{1} << 20, size_t{5} << 20}) {
    const std::string chunk(bytes, static_cast<char>('a' + bytes % 7));
    const std::string tag(bytes / 64, 't');
    CHECK(instance.flush(chunk, tag.c_str()) == instance.expected(chunk, tag.c_str()));
  }
}

void large_chunks_of_many_threads() {
  choose_process();
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<std::thread> threads;
  for (int number = 0; number < 6; number++) {
    threads.emplace_back([&instance, number] {
      for (int turn = 0; turn < 10; turn++) {
        const std::string chunk(300000 + 1000 * number + turn, static_cast<char>('a' + number));
        CHECK(instance.flush(chunk, "tag") == instance.expected(chunk, "tag"));
      }
    });
  }
  for (auto &thread : threads) thread.join();
}

void process_metrics() {
  const auto host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  choose_process();
  Instance instance;
  instance.options[stand_in::kMetrics] = "yes";
  CHECK(instance.init() == kFlbOk);
  for (const char *series : {"fluentbit_kinesis_things_total{one}", "fluentbit_kinesis_things_total{other}",
                             "fluentbit_kinesis_level{}", "fluentbit_kinesis_seconds_count{a,b}",
                             "fluentbit_kinesis_seconds_bucket_0{a,b}", "fluentbit_kinesis_seconds_bucket_2{a,b}"}) {
    CHECK(host.value(series) == 0);
  }
  CHECK(host.value("fluentbit_kinesis_seconds_bucket_3{a,b}") == -1);
  for (int turn = 1; turn <= 100; turn++) {
    CHECK(instance.flush("chunk", stand_in::kMeasure) == instance.expected("chunk", stand_in::kMeasure));
    // Values are sent before the reply that follows them.
    CHECK(host.value("fluentbit_kinesis_things_total{other}") == turn);
  }
  CHECK(host.value("fluentbit_kinesis_things_total{one}") == 0);
  CHECK(host.value("fluentbit_kinesis_level{}") == 7);
  for (int turn = 1; turn <= 2; turn++) {
    CHECK(instance.flush("chunk", stand_in::kGrow) == instance.expected("chunk", stand_in::kGrow));
    CHECK(host.value("fluentbit_kinesis_things_total{new}") == 3 * turn);
  }
  // Nothing is counted in metrics that the host has freed.
  Instance other;
  other.options[stand_in::kMetrics] = "yes";
  CHECK(other.init() == kFlbOk);
  CHECK(instance.exit() == kFlbOk && other.exit() == kFlbOk);
  host.free_metrics();
}

void process_knows_its_instances() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  choose_process();
  Known first("one"), second("");
  CHECK(first.init() == kFlbOk && second.init() == kFlbOk);
  first.expect_known();
  second.expect_known();
}

}  // namespace

Cases process_cases() {
  return {{"process-ends-early", process_ends_early},
          {"process-exits-early", process_exits_early},
          {"process-refuses", process_refuses},
          {"process-no-program", no_program},
          {"process-not-executable", not_executable},
          {"process-not-node", not_node},
          {"process-wrong-runtime", wrong_runtime},
          {"process-embedded-by-name", embedded_by_name},
          {"process-large-chunks", large_chunks},
          {"process-large-chunks-of-many-threads", large_chunks_of_many_threads},
          {"process-metrics", process_metrics},
          {"process-knows-its-instances", process_knows_its_instances}};
}

}  // namespace shim
