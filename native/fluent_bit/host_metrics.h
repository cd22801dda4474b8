// Counts in Fluent Bit's own metrics. The only file that knows its library cmetrics, which is found at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kinesis {

/// Kind of a metric. The numbers are part of the contract with src/host/binding.ts.
enum class MetricKind : uint32_t { kCounter = 0, kGauge = 1, kHistogram = 2 };

/// Definition of a metric named fluentbit_kinesis_ and `name`, with the label values that it has from the start.
struct MetricDefinition {
  MetricKind kind = MetricKind::kCounter;
  std::string name;
  std::string help;
  std::vector<std::string> label_keys;
  std::vector<std::vector<std::string>> series;
  /// Upper bounds of a histogram's buckets, ascending.
  std::vector<double> bounds;
};

/// Fluent Bit's own object for a metric.
struct HostMetric {
  void *metric = nullptr;
  /// Counter of the observations, where two counters replace a histogram; `metric` is then the counter of their sum.
  void *observations = nullptr;
};

/// Metrics of all output instances, one set for each. Sets are made while FLBPluginInit waits, further series by the
/// thread that called it; any thread may count values. Closing a set waits for a count in progress; nothing touches the
/// instance's metrics after it.
class HostMetrics {
 public:
  static HostMetrics &get();

  /// Makes the metrics of an output instance, all at zero. Returns the set's number; 0 when Fluent Bit has no such
  /// metrics.
  uint32_t open(void *output_instance, const std::vector<MetricDefinition> &definitions);

  /// Adds series to a set: copies those that have the first series' value of the label, with `value` instead. Returns
  /// the number of the first added series, also when they were added before; the others follow in the order of the
  /// definitions. They appear at the next make_series(), with the values counted until then. Returns 0 when the set is
  /// closed or full, or when threads other than that of its init bring its chunks (the output has `workers`).
  uint32_t add_series(uint32_t set, const std::string &label, const std::string &value);

  /// Makes the series that were added to an instance's set. Call on a thread of the host, with one of the instance's
  /// chunks.
  void make_series(int64_t instance);

  /// Applies pairs of a series (its position over all definitions) and a value: adds to counters, sets gauges, observes
  /// in histograms. Returns false when the set is closed.
  bool update(uint32_t set, const double *pairs, size_t count);

  /// Sets a set's gauges to zero, after the core that set them has ended.
  void reset_gauges(uint32_t set);

  /// Remembers an instance's set, and the calling thread as that of its init. take() returns the set and forgets it.
  void assign(int64_t instance, uint32_t set);
  uint32_t take(int64_t instance);

  void close(uint32_t set);
  void close_all();

 private:
  struct Series {
    MetricKind kind;
    HostMetric metric;
    std::vector<std::string> label_values;
    size_t bounds = 0;
    /// Whether the host has the series' label set.
    bool is_made = false;
  };

  struct Set {
    std::vector<MetricDefinition> definitions;
    std::vector<HostMetric> metrics;
    std::vector<Series> series;
    /// Number of the first added series, by the value of its label.
    std::map<std::string, uint32_t> added;
    /// Values counted in series that are not made yet, with the series' positions.
    std::vector<std::pair<size_t, double>> waiting;
    /// Thread of the set's init; unset while the init waits.
    std::thread::id thread;
    bool has_workers = false;
    bool is_whole = true;
  };

  static bool make(Series &series);
  static void count(const Series &series, double value);
  static void make_all(Set &set);

  std::mutex mutex_;
  std::unordered_map<uint32_t, Set> sets_;
  std::unordered_map<int64_t, uint32_t> set_of_instance_;
  uint32_t next_set_ = 1;
};

}  // namespace kinesis
