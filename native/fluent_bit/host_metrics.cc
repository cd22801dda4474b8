// Looks up Fluent Bit's functions, makes metrics with them and counts.
//
// Source of the signatures, unchanged from Fluent Bit 2.0 to 5.1: include/fluent-bit/flb_output.h and, under
// lib/cmetrics/include/cmetrics, cmt_counter.h, cmt_gauge.h, cmt_histogram.h. The program exports them (-rdynamic). No
// struct of either is looked into.
//
// Source of what threads may do: lib/cmetrics/src, cmt_map.c and cmt_metric.c. A map of label sets grows without a lock
// in the versions before 5.1, under the eyes of the host's thread that copies it for a scrape; so all label sets are
// made while that thread waits. Later calls find theirs, and change values by compare-and-exchange.
#include "fluent_bit/host_metrics.h"

#include <chrono>

#include "fluent_bit/host_version.h"
#include "platform/platform.h"

namespace kinesis {
namespace {

struct Functions {
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

// Null when one of them is missing.
const Functions *functions() {
  static Functions found;
  static const bool is_complete =
      look_up(found.get_cmt, "flb_output_get_cmt_instance") && look_up(found.counter_create, "cmt_counter_create") &&
      look_up(found.counter_add, "cmt_counter_add") && look_up(found.gauge_create, "cmt_gauge_create") &&
      look_up(found.gauge_set, "cmt_gauge_set") && look_up(found.buckets_create, "cmt_histogram_buckets_create_size") &&
      look_up(found.histogram_create, "cmt_histogram_create") &&
      look_up(found.histogram_set, "cmt_histogram_set_default") &&
      look_up(found.histogram_observe, "cmt_histogram_observe");
  return is_complete ? &found : nullptr;
}

// Nanoseconds since the epoch, as cfl_time_now().
uint64_t timestamp() {
  using std::chrono::nanoseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<nanoseconds>(now).count());
}

// cmetrics takes char ** and changes nothing.
std::vector<char *> pointers_to(const std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  for (const std::string &text : texts) pointers.push_back(const_cast<char *>(text.c_str()));
  return pointers;
}

void *create_counter(const Functions &host, void *cmt, const MetricDefinition &definition, const std::string &name) {
  std::vector<char *> keys = pointers_to(definition.label_keys);
  return host.counter_create(cmt, "fluentbit", "kinesis", name.c_str(), definition.help.c_str(),
                             static_cast<int>(keys.size()), keys.data());
}

// Where histograms are not sound, a counter of the sum and one of the number, under the names that a histogram's have.
HostMetric create(const Functions &host, void *cmt, const MetricDefinition &definition) {
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

bool set_to_zero(const Functions &host, const MetricDefinition &definition, const HostMetric &metric,
                 const std::vector<std::string> &label_values) {
  std::vector<char *> labels = pointers_to(label_values);
  const int count = static_cast<int>(labels.size());
  const auto is_zero = [&](void *counter) {
    return host.counter_add(counter, timestamp(), 0, count, labels.data()) == 0;
  };
  switch (definition.kind) {
    case MetricKind::kCounter:
      return is_zero(metric.metric);
    case MetricKind::kGauge:
      return host.gauge_set(metric.metric, timestamp(), 0, count, labels.data()) == 0;
    case MetricKind::kHistogram: {
      if (metric.observations != nullptr) return is_zero(metric.metric) && is_zero(metric.observations);
      // One count for each bound, and one for all above them.
      std::vector<uint64_t> zeros(definition.bounds.size() + 1, 0);
      return host.histogram_set(metric.metric, timestamp(), zeros.data(), 0, 0, count, labels.data()) == 0;
    }
  }
  return false;
}

}  // namespace

HostMetrics &HostMetrics::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *metrics = new HostMetrics();
  return *metrics;
}

// What was made before something failed stays at zero, and goes with the instance.
uint32_t HostMetrics::open(void *output_instance, const std::vector<MetricDefinition> &definitions) {
  const Functions *host = functions();
  void *cmt = host == nullptr || output_instance == nullptr ? nullptr : host->get_cmt(output_instance);
  if (cmt == nullptr) return 0;
  std::vector<Series> all;
  for (const MetricDefinition &definition : definitions) {
    const HostMetric metric = create(*host, cmt, definition);
    if (metric.metric == nullptr) return 0;
    for (const auto &label_values : definition.series) {
      if (label_values.size() != definition.label_keys.size()) return 0;
      if (!set_to_zero(*host, definition, metric, label_values)) return 0;
      all.push_back({definition.kind, metric, label_values});
    }
  }
  std::lock_guard<std::mutex> lock(mutex_);
  while (next_set_ == 0 || sets_.count(next_set_) != 0) next_set_++;
  sets_.emplace(next_set_, std::move(all));
  return next_set_++;
}

bool HostMetrics::update(uint32_t set, const double *pairs, size_t count) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(set);
  if (found == sets_.end()) return false;
  const Functions *host = functions();
  const uint64_t now = timestamp();
  for (size_t pair = 0; pair < count; pair++) {
    const double position = pairs[2 * pair], value = pairs[2 * pair + 1];
    if (!(position >= 0 && position < static_cast<double>(found->second.size()))) continue;
    const Series &series = found->second[static_cast<size_t>(position)];
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
  return true;
}

void HostMetrics::reset_gauges(uint32_t set) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(set);
  if (found == sets_.end()) return;
  for (const Series &series : found->second) {
    if (series.kind != MetricKind::kGauge) continue;
    std::vector<char *> labels = pointers_to(series.label_values);
    functions()->gauge_set(series.metric.metric, timestamp(), 0, static_cast<int>(labels.size()), labels.data());
  }
}

void HostMetrics::assign(int64_t instance, uint32_t set) {
  if (set == 0) return;
  std::lock_guard<std::mutex> lock(mutex_);
  set_of_instance_[instance] = set;
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
