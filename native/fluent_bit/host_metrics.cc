// Creates and updates metrics by Fluent Bit's functions, which are looked up at run time.
//
// Source of the signatures, unchanged from Fluent Bit 2.0 to 5.1: include/fluent-bit/flb_output.h and, under
// lib/cmetrics/include/cmetrics, cmt_counter.h, cmt_gauge.h, cmt_histogram.h. The program exports them (-rdynamic).
// Nothing here accesses a struct of either.
//
// Source of the rules for threads: lib/cmetrics/src, cmt_map.c and cmt_metric.c. Before 5.1, a map of label sets grows
// without a lock, while the engine's thread may copy it for a scrape. That thread also calls the inits and, without
// `workers`, the flushes. So label sets are made only while it waits in an init, or by itself when it comes with a
// chunk. Later calls find the existing label sets, and change values by compare-and-exchange.
#include "fluent_bit/host_metrics.h"

#include <chrono>

#include "fluent_bit/host_version.h"
#include "platform/platform.h"

namespace kinesis {
namespace {

struct MetricFunctions {
  void *(*get_cmt)(void *output_instance);
  void *(*counter_create)(void *cmt, const char *ns, const char *subsystem, const char *name, const char *help,
                          int label_count, char **label_keys);
  int (*counter_add)(void *counter, uint64_t timestamp, double value, int label_count, char **label_values);
  void *(*gauge_create)(void *cmt, const char *ns, const char *subsystem, const char *name, const char *help,
                        int label_count, char **label_keys);
  int (*gauge_set)(void *gauge, uint64_t timestamp, double value, int label_count, char **label_values);
  void *(*buckets_create)(double *bounds, size_t count);
  void *(*histogram_create)(void *cmt, const char *ns, const char *subsystem, const char *name, const char *help,
                            void *buckets, int label_count, char **label_keys);
  int (*histogram_set)(void *histogram, uint64_t timestamp, uint64_t *buckets, double sum, uint64_t count,
                       int label_count, char **label_values);
  int (*histogram_observe)(void *histogram, uint64_t timestamp, double value, int label_count, char **label_values);
};

// Returns null when a function is missing.
const MetricFunctions *metric_functions() {
  static MetricFunctions found;
  static const bool is_complete =
      look_up(found.get_cmt, "flb_output_get_cmt_instance") && look_up(found.counter_create, "cmt_counter_create") &&
      look_up(found.counter_add, "cmt_counter_add") && look_up(found.gauge_create, "cmt_gauge_create") &&
      look_up(found.gauge_set, "cmt_gauge_set") && look_up(found.buckets_create, "cmt_histogram_buckets_create_size") &&
      look_up(found.histogram_create, "cmt_histogram_create") &&
      look_up(found.histogram_set, "cmt_histogram_set_default") &&
      look_up(found.histogram_observe, "cmt_histogram_observe");
  return is_complete ? &found : nullptr;
}

// Returns nanoseconds since the epoch, as cfl_time_now() does.
uint64_t timestamp() {
  using std::chrono::nanoseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<nanoseconds>(now).count());
}

// cmetrics takes char ** but changes nothing.
std::vector<char *> pointers_to(const std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  for (const std::string &text : texts) pointers.push_back(const_cast<char *>(text.c_str()));
  return pointers;
}

void *create_counter(const MetricFunctions &host, void *cmt, const MetricDefinition &definition,
                     const std::string &name) {
  std::vector<char *> keys = pointers_to(definition.label_keys);
  return host.counter_create(cmt, "fluentbit", "kinesis", name.c_str(), definition.help.c_str(),
                             static_cast<int>(keys.size()), keys.data());
}

// Creates a metric. Where histograms are not sound, creates two counters, of the sum and of the observations, named as
// a histogram's would be.
HostMetric create(const MetricFunctions &host, void *cmt, const MetricDefinition &definition) {
  const char *name = definition.name.c_str(), *help = definition.help.c_str();
  std::vector<char *> keys = pointers_to(definition.label_keys);
  const int count = static_cast<int>(keys.size());
  switch (definition.kind) {
    case MetricKind::kCounter:
      return {create_counter(host, cmt, definition, definition.name)};
    case MetricKind::kGauge:
      return {host.gauge_create(cmt, "fluentbit", "kinesis", name, help, count, keys.data())};
    case MetricKind::kHistogram: {
      if (!has_sound_histograms()) {
        void *observations = create_counter(host, cmt, definition, definition.name + "_count");
        if (observations == nullptr) return {};
        return {create_counter(host, cmt, definition, definition.name + "_sum"), observations};
      }
      std::vector<double> bounds = definition.bounds;
      // The histogram owns them.
      void *buckets = host.buckets_create(bounds.data(), bounds.size());
      if (buckets == nullptr) return {};
      return {host.histogram_create(cmt, "fluentbit", "kinesis", name, help, buckets, count, keys.data())};
    }
  }
  return {};
}

// Maximum series added to a set. The core adds fewer (src/telemetry/stream_metrics.ts), but may start anew.
constexpr size_t kMaxAddedSeries = 256;
// Maximum values kept for series that are not made yet. Series are made at the end of the flush that adds them, after
// some hundred values.
constexpr size_t kMaxWaitingValues = 100 * 1000;

}  // namespace

HostMetrics &HostMetrics::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *metrics = new HostMetrics();
  return *metrics;
}

// Makes the series' label set, at zero. Returns false when the host has no memory for it.
bool HostMetrics::make(Series &series) {
  const MetricFunctions &host = *metric_functions();
  std::vector<char *> labels = pointers_to(series.label_values);
  const int count = static_cast<int>(labels.size());
  const auto &[metric, observations] = series.metric;
  const auto is_zero = [&](void *counter) {
    return host.counter_add(counter, timestamp(), 0, count, labels.data()) == 0;
  };
  switch (series.kind) {
    case MetricKind::kCounter:
      series.is_made = is_zero(metric);
      break;
    case MetricKind::kGauge:
      series.is_made = host.gauge_set(metric, timestamp(), 0, count, labels.data()) == 0;
      break;
    case MetricKind::kHistogram: {
      if (observations != nullptr) {
        series.is_made = is_zero(metric) && is_zero(observations);
        break;
      }
      // One count for each bound, and one for values above all bounds.
      std::vector<uint64_t> zeros(series.bounds + 1, 0);
      series.is_made = host.histogram_set(metric, timestamp(), zeros.data(), 0, 0, count, labels.data()) == 0;
      break;
    }
  }
  return series.is_made;
}

void HostMetrics::count(const Series &series, double value) {
  const MetricFunctions *host = metric_functions();
  const uint64_t now = timestamp();
  std::vector<char *> labels = pointers_to(series.label_values);
  const int label_count = static_cast<int>(labels.size());
  const auto &[metric, observations] = series.metric;
  const bool is_counted = series.kind == MetricKind::kCounter || observations != nullptr;
  if (is_counted) host->counter_add(metric, now, value, label_count, labels.data());
  if (observations != nullptr) host->counter_add(observations, now, 1, label_count, labels.data());
  if (series.kind == MetricKind::kGauge) host->gauge_set(metric, now, value, label_count, labels.data());
  if (series.kind == MetricKind::kHistogram && !is_counted) {
    host->histogram_observe(metric, now, value, label_count, labels.data());
  }
}

// Metrics made before a failure stay at zero, and are freed with the instance.
uint32_t HostMetrics::open(void *output_instance, const std::vector<MetricDefinition> &definitions) {
  const MetricFunctions *host = metric_functions();
  void *cmt = host == nullptr || output_instance == nullptr ? nullptr : host->get_cmt(output_instance);
  if (cmt == nullptr) return 0;
  Set set;
  set.definitions = definitions;
  for (const MetricDefinition &definition : definitions) {
    const HostMetric metric = create(*host, cmt, definition);
    if (metric.metric == nullptr) return 0;
    set.metrics.push_back(metric);
    for (const auto &label_values : definition.series) {
      if (label_values.size() != definition.label_keys.size()) return 0;
      set.series.push_back({definition.kind, metric, label_values, definition.bounds.size()});
      if (!make(set.series.back())) return 0;
    }
  }
  std::lock_guard<std::mutex> lock(mutex_);
  while (next_set_ == 0 || sets_.count(next_set_) != 0) next_set_++;
  sets_.emplace(next_set_, std::move(set));
  return next_set_++;
}

uint32_t HostMetrics::add_series(uint32_t number, const std::string &label, const std::string &value) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(number);
  if (found == sets_.end()) return 0;
  Set &set = found->second;
  const auto known = set.added.find(value);
  if (known != set.added.end()) return known->second;
  if (set.has_workers || set.added.size() >= kMaxAddedSeries) return 0;
  const auto first = static_cast<uint32_t>(set.series.size());
  const std::string *original = nullptr;
  for (size_t i = 0; i < set.definitions.size(); i++) {
    const MetricDefinition &definition = set.definitions[i];
    for (size_t key = 0; key < definition.label_keys.size(); key++) {
      if (definition.label_keys[key] != label) continue;
      for (const auto &label_values : definition.series) {
        if (original == nullptr) original = &label_values[key];
        if (label_values[key] != *original) continue;
        Series &series =
            set.series.emplace_back(Series{definition.kind, set.metrics[i], label_values, definition.bounds.size()});
        series.label_values[key] = value;
      }
    }
  }
  if (set.series.size() == first || first == 0) return 0;
  set.added.emplace(value, first);
  set.is_whole = false;
  // The thread is unset only while the init waits.
  if (set.thread == std::thread::id()) make_all(set);
  return first;
}

void HostMetrics::make_all(Set &set) {
  for (Series &series : set.series) {
    if (!series.is_made) make(series);
  }
  for (const auto &[position, value] : set.waiting) {
    if (set.series[position].is_made) count(set.series[position], value);
  }
  set.waiting.clear();
  set.is_whole = true;
}

void HostMetrics::make_series(int64_t instance) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto number = set_of_instance_.find(instance);
  if (number == set_of_instance_.end()) return;
  const auto found = sets_.find(number->second);
  if (found == sets_.end()) return;
  Set &set = found->second;
  if (set.thread != std::this_thread::get_id()) {
    set.has_workers = true;
  } else if (!set.is_whole) {
    make_all(set);
  }
}

bool HostMetrics::update(uint32_t number, const double *pairs, size_t count_of_pairs) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(number);
  if (found == sets_.end()) return false;
  Set &set = found->second;
  for (size_t pair = 0; pair < count_of_pairs; pair++) {
    const double position = pairs[2 * pair], value = pairs[2 * pair + 1];
    if (!(position >= 0 && position < static_cast<double>(set.series.size()))) continue;
    const auto index = static_cast<size_t>(position);
    if (set.series[index].is_made) {
      count(set.series[index], value);
    } else if (!set.is_whole && set.waiting.size() < kMaxWaitingValues) {
      set.waiting.emplace_back(index, value);
    }
  }
  return true;
}

void HostMetrics::reset_gauges(uint32_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(number);
  if (found == sets_.end()) return;
  for (const Series &series : found->second.series) {
    if (series.kind == MetricKind::kGauge && series.is_made) count(series, 0);
  }
}

void HostMetrics::assign(int64_t instance, uint32_t set) {
  if (set == 0) return;
  std::lock_guard<std::mutex> lock(mutex_);
  set_of_instance_[instance] = set;
  const auto found = sets_.find(set);
  if (found != sets_.end()) found->second.thread = std::this_thread::get_id();
}

uint32_t HostMetrics::take(int64_t instance) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = set_of_instance_.find(instance);
  if (found == set_of_instance_.end()) return 0;
  const uint32_t set = found->second;
  set_of_instance_.erase(found);
  return set;
}

void HostMetrics::close(uint32_t set) {
  std::lock_guard<std::mutex> lock(mutex_);
  sets_.erase(set);
}

void HostMetrics::close_all() {
  std::lock_guard<std::mutex> lock(mutex_);
  sets_.clear();
  set_of_instance_.clear();
}

}  // namespace kinesis
