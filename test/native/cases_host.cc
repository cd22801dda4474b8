// Tests Fluent Bit's own metrics and log: where it exports their functions, and where it does not.

#include <atomic>
#include <cstdlib>

#include "fluent_bit/host_log.h"
#include "fluent_bit/host_metrics.h"
#include "fluent_bit/host_version.h"
#include "fluent_bit/request.h"
#include "shim_host.h"
#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

namespace shim {
namespace {

using kinesis::HostMetrics;
using stand_in_host::Host;

bool update(uint32_t set, double series, double value) {
  const double pair[] = {series, value};
  return HostMetrics::get().update(set, pair, 1);
}

Instance with_metrics() {
  Instance instance;
  instance.options[stand_in::kMetrics] = "yes";
  return instance;
}

void metrics_count() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance = with_metrics();
  CHECK(instance.init() == kFlbOk);
  const uint32_t set = stand_in::opened_metrics();
  CHECK(set != 0);
  for (const char *series : {"fluentbit_kinesis_things_total{one}", "fluentbit_kinesis_things_total{other}",
                             "fluentbit_kinesis_level{}", "fluentbit_kinesis_seconds_count{a,b}",
                             "fluentbit_kinesis_seconds_bucket_0{a,b}", "fluentbit_kinesis_seconds_bucket_2{a,b}"}) {
    CHECK(host.value(series) == 0);
  }
  const double pairs[] = {1, 5, 2, 7, 2, 3, 3, 0.25, 3, 0.5, 1, 2};
  CHECK(HostMetrics::get().update(set, pairs, 6));
  CHECK(host.value("fluentbit_kinesis_things_total{one}") == 0);
  CHECK(host.value("fluentbit_kinesis_things_total{other}") == 7);
  CHECK(host.value("fluentbit_kinesis_level{}") == 3);
  CHECK(host.value("fluentbit_kinesis_seconds{a,b}") == 0.75);
  CHECK(host.value("fluentbit_kinesis_seconds_count{a,b}") == 2);
  // None of these series exists.
  for (const double wrong : {4.0, -1.0, 1e300}) CHECK(update(set, wrong, 1));
  CHECK(instance.exit() == kFlbOk);
  host.free_metrics();
  CHECK(!update(set, 1, 1));
}

uint32_t add(uint32_t set, const char *label, const char *value) {
  return HostMetrics::get().add_series(set, label, value);
}

void metrics_added() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance = with_metrics(), other = with_metrics();
  CHECK(instance.init() == kFlbOk);
  const uint32_t set = stand_in::opened_metrics();
  CHECK(other.init() == kFlbOk);
  CHECK(add(set, "nobody has it", "new") == 0 && add(0, "kind", "new") == 0 && add(4000, "kind", "new") == 0);
  CHECK(add(set, "kind", "new") == 4 && add(set, "y", "c") == 5 && add(set, "kind", "new") == 4);
  // The host gets the series only when its thread comes, with the values counted until then.
  const double pairs[] = {4, 5, 5, 0.5, 5, 0.25, 4, 1, 6, 1};
  CHECK(HostMetrics::get().update(set, pairs, 5));
  HostMetrics::get().reset_gauges(set);
  CHECK(other.flush("chunk", "tag") == other.expected("chunk", "tag"));
  CHECK(host.value("fluentbit_kinesis_things_total{new}") == -1 && host.value("fluentbit_kinesis_seconds{a,c}") == -1);
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
  CHECK(host.value("fluentbit_kinesis_things_total{new}") == 6 && host.value("fluentbit_kinesis_seconds{a,c}") == 0.75);
  CHECK(host.value("fluentbit_kinesis_seconds_count{a,c}") == 2);
  CHECK(host.value("fluentbit_kinesis_seconds_bucket_2{a,c}") == 0);
  CHECK(update(set, 4, 2) && host.value("fluentbit_kinesis_things_total{new}") == 8);
  CHECK(host.value("fluentbit_kinesis_things_total{one}") == 0 && host.value("fluentbit_kinesis_seconds{a,b}") == 0);
  // The number of added series is limited.
  for (int number = 2; number < 256; number++) CHECK(add(set, "kind", std::to_string(number).c_str()) != 0);
  CHECK(add(set, "kind", "one too many") == 0 && add(set, "kind", "255") != 0);
  CHECK(instance.exit() == kFlbOk && add(set, "kind", "new") == 0);
}

// The engine's thread could read label sets while an output's own thread makes them.
void metrics_added_with_workers() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance = with_metrics();
  CHECK(instance.init() == kFlbOk);
  const uint32_t set = stand_in::opened_metrics();
  CHECK(add(set, "kind", "before") != 0);
  std::thread([&] { instance.flush("chunk", "tag"); }).join();
  CHECK(host.value("fluentbit_kinesis_things_total{before}") == -1);
  CHECK(add(set, "kind", "new") == 0 && add(set, "kind", "before") == 4);
  CHECK(update(set, 4, 1) && update(set, 1, 1) && host.value("fluentbit_kinesis_things_total{other}") == 1);
  CHECK(instance.exit() == kFlbOk);
}

void metrics_added_in_init() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance = with_metrics();
  instance.options[stand_in::kMoreMetrics] = "yes";
  CHECK(instance.init() == kFlbOk);
  CHECK(host.value("fluentbit_kinesis_things_total{more}") == 0);
  CHECK(update(stand_in::opened_metrics(), 4, 1) && host.value("fluentbit_kinesis_things_total{more}") == 1);
  CHECK(instance.exit() == kFlbOk);
}

// The copy of a histogram is unsound before cmetrics 1.0.6: see has_sound_histograms().
void metrics_of_old_hosts() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  for (const char *version : {"", "none", "0.3.0", "0.7.1", "1.0.5", "1.0.6", "1.1.0", "2.0.5"}) {
    setenv(stand_in_host::kVersionVariable, version, 1);
    const bool is_sound = *version >= '1' && *version <= '9' && std::string(version) >= "1.0.6";
    Instance instance = with_metrics();
    CHECK(instance.init() == kFlbOk);
    const uint32_t set = stand_in::opened_metrics();
    CHECK(host.value("fluentbit_kinesis_seconds_count{a,b}") == 0);
    CHECK(update(set, 3, 0.5) && update(set, 3, 0.25));
    CHECK(host.value("fluentbit_kinesis_seconds{a,b}") == (is_sound ? 0.75 : -1));
    CHECK(host.value("fluentbit_kinesis_seconds_sum{a,b}") == (is_sound ? -1 : 0.75));
    CHECK(host.value("fluentbit_kinesis_seconds_count{a,b}") == 2);
    CHECK(instance.exit() == kFlbOk);
    host.free_metrics();
  }
}

// Fluent Bit before 2.2.1 would use memory that it has freed.
void refused_init_of_old_host() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance refused;
  refused.options[stand_in::kRefuse] = "yes";
  setenv(stand_in_host::kVersionVariable, "0.6.6", 1);
  CHECK(refused.init() == kFlbError);
  setenv(stand_in_host::kVersionVariable, "0.6.5", 1);
  refused.init();
  CHECK(false);
}

// Unregisters as Fluent Bit 1.9.0 to 2.0.6 do, and as other versions do.
void unregistered_with_open_outputs() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance first, second;
  CHECK(first.init() == kFlbOk && second.init() == kFlbOk);
  CHECK(first.flush("chunk", "tag") == first.expected("chunk", "tag"));
  for (const char *version : {"none", "0.2.9", "0.5.8", "2.0.5"}) {
    setenv(stand_in_host::kVersionVariable, version, 1);
    FLBPluginUnregister(nullptr);
    CHECK(first.flush("", stand_in::kCount) == 2);
  }
  setenv(stand_in_host::kVersionVariable, "0.5.7", 1);
  CHECK(second.exit() == kFlbOk);
  FLBPluginUnregister(nullptr);
  CHECK(false);
}

void unregistered_without_a_flush() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  setenv(stand_in_host::kVersionVariable, "0.3.0", 1);
  Instance instance;
  CHECK(instance.init() == kFlbOk && instance.exit() == kFlbOk);
  // All instances have ended.
  FLBPluginUnregister(nullptr);
  CHECK(instance.init() == kFlbOk);
  FLBPluginUnregister(nullptr);
  CHECK(false);
}

void faults_of_old_hosts() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  const auto faults = [](const char *version) {
    setenv(stand_in_host::kVersionVariable, version, 1);
    std::string found;
    if (kinesis::frees_plugin_with_first_output()) found += "first ";
    if (kinesis::crashes_after_failed_init()) found += "init ";
    if (kinesis::loses_chunks_in_reload()) found += "reload ";
    if (kinesis::names_last_output_at_exits()) found += "last ";
    if (!kinesis::has_sound_histograms()) found += "histogram";
    return found;
  };
  CHECK(faults("0.2.99") == "init last histogram");
  CHECK(faults("0.3.0") == "first init last histogram");
  CHECK(faults("0.5.7") == "first init last histogram");
  CHECK(faults("0.5.8") == "init histogram");
  CHECK(faults("0.6.3") == "init histogram");
  CHECK(faults("0.6.4") == "init reload histogram");
  CHECK(faults("0.6.5") == "init reload histogram");
  CHECK(faults("0.6.6") == "reload histogram");
  CHECK(faults("0.9.8") == "reload histogram");
  CHECK(faults("0.9.9") == "histogram");
  CHECK(faults("1.0.5") == "histogram");
  CHECK(faults("1.0.6").empty());
  CHECK(faults("2.0.0").empty());
  for (const char *unknown : {"", "none", "1", "1.0", "1.0.x", "v1.0.6"}) CHECK(faults(unknown) == "histogram");
}

void reload_of_old_host() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  setenv(stand_in_host::kVersionVariable, "0.6.6", 1);
  flb_plugin_proxy_def definition{};
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(FLBPluginRegister(&definition) == 0);
}

void metrics_of_refused_init() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance = with_metrics();
  instance.options[stand_in::kRefuse] = "yes";
  CHECK(instance.init() == kFlbError);
  host.free_metrics();
  CHECK(stand_in::opened_metrics() != 0 && !update(stand_in::opened_metrics(), 1, 1));
}

void expect_no_metrics() {
  Instance instance = with_metrics();
  CHECK(instance.init() == kFlbOk);
  CHECK(stand_in::opened_metrics() == 0);
  CHECK(!update(0, 1, 1) && !update(1, 1, 1));
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
  CHECK(instance.exit() == kFlbOk);
}

void metrics_absent() {
  expect_no_metrics();
  CHECK(!kinesis::has_host_log());
}

void metrics_incomplete() {
  stand_in_host::load(STAND_IN_FLUENT_BIT_WITHOUT_GAUGES);
  expect_no_metrics();
  CHECK(kinesis::has_host_log());
}

void metrics_switched_off() {
  stand_in_host::load(STAND_IN_FLUENT_BIT).give_no_metrics();
  expect_no_metrics();
}

void metrics_not_created() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  for (const int creations : {0, 1, 2}) {
    host.fail_after(creations);
    expect_no_metrics();
  }
  host.fail_after(3);
  Instance instance = with_metrics();
  CHECK(instance.init() == kFlbOk && stand_in::opened_metrics() != 0);
}

void metrics_of_each_instance() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance first = with_metrics(), second = with_metrics(), third = with_metrics();
  CHECK(first.init() == kFlbOk);
  const uint32_t of_first = stand_in::opened_metrics();
  CHECK(second.init() == kFlbOk);
  const uint32_t of_second = stand_in::opened_metrics();
  CHECK(first.exit() == kFlbOk);
  CHECK(!update(of_first, 1, 1) && update(of_second, 1, 1));
  // A Fluent Bit that passes no instance to the exit may have freed any.
  CHECK(third.init() == kFlbOk);
  CHECK(FLBPluginExit() == kFlbOk);
  CHECK(!update(of_second, 1, 1) && !update(stand_in::opened_metrics(), 1, 1));
}

void metrics_under_load() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance = with_metrics();
  CHECK(instance.init() == kFlbOk);
  const uint32_t set = stand_in::opened_metrics();
  std::atomic<int> counted{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 3; number++) {
    threads.emplace_back([&] {
      while (update(set, 1, 1)) counted++;
    });
  }
  while (counted < 100) std::this_thread::yield();
  CHECK(instance.exit() == kFlbOk);
  host.free_metrics();
  for (auto &thread : threads) thread.join();
}

void metrics_at_the_end() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  check_at_exit([] { CHECK(!update(stand_in::opened_metrics(), 1, 1)); });
  static Instance instance = with_metrics();
  CHECK(instance.init() == kFlbOk);
  CHECK(update(stand_in::opened_metrics(), 1, 1));
}

void log_of_host() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  CHECK(kinesis::has_host_log() && kinesis::host_name_of(nullptr) == "kinesis.7");
  const int seen[] = {0, 1, 2, 3, 4, 4};
  for (int level = 0; level < 6; level++) {
    host.set_log_level(level);
    CHECK(kinesis::host_log_level_of(nullptr) == seen[level]);
  }
  Instance instance;
  instance.options[stand_in::kSayAtExit] = "yes";
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("%s %n", stand_in::kSay) == instance.expected("%s %n", stand_in::kSay));
  const auto lines = host.lines();
  CHECK(lines.size() == 2);
  CHECK(lines[0].level == 2 && lines[0].text == "first %s %n" && lines[1].text == "second %s %n");
  for (const auto &line : lines) CHECK(pthread_equal(line.thread, pthread_self()));
  CHECK(!kinesis::RequestTable::get().log(3, "nobody waits"));
  CHECK(instance.exit() == kFlbOk);
  CHECK(host.lines().size() == 3 && host.lines()[2].text == "at the exit");
}

void log_of_many_threads() {
  const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; number++) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 100; turn++) {
        CHECK(instance.flush("chunk", stand_in::kSay) == instance.expected("chunk", stand_in::kSay));
      }
    });
  }
  for (auto &thread : threads) thread.join();
  CHECK(host.lines().size() == 800);
}

// A line that the core logs while a stop waits would reach a log that is gone.
void log_at_the_end() {
  static const Host host = stand_in_host::load(STAND_IN_FLUENT_BIT);
  check_at_exit([] { CHECK(host.lines().empty()); });
  static Instance instance;
  instance.options[stand_in::kSayAtStop] = "yes";
  CHECK(instance.init() == kFlbOk);
}

}  // namespace

Cases host_cases() {
  return {{"metrics", metrics_count},
          {"metrics-added", metrics_added},
          {"metrics-added-with-workers", metrics_added_with_workers},
          {"metrics-added-in-init", metrics_added_in_init},
          {"metrics-of-old-hosts", metrics_of_old_hosts},
          {"faults-of-old-hosts", faults_of_old_hosts},
          {"reload-of-old-host", reload_of_old_host},
          {"refused-init-of-old-host", refused_init_of_old_host},
          {"unregistered-with-open-outputs", unregistered_with_open_outputs},
          {"unregistered-without-a-flush", unregistered_without_a_flush},
          {"metrics-of-refused-init", metrics_of_refused_init},
          {"metrics-absent", metrics_absent},
          {"metrics-incomplete", metrics_incomplete},
          {"metrics-switched-off", metrics_switched_off},
          {"metrics-not-created", metrics_not_created},
          {"metrics-of-each-instance", metrics_of_each_instance},
          {"metrics-under-load", metrics_under_load},
          {"metrics-at-the-end", metrics_at_the_end},
          {"log-of-host", log_of_host},
          {"log-of-many-threads", log_of_many_threads},
          {"log-at-the-end", log_at_the_end}};
}

}  // namespace shim
