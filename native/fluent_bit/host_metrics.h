// Counts in Fluent Bit's own metrics: the only file that knows its library cmetrics, which is found at run time.
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

/// The numbers are part of the contract with src/binding.ts.
enum class MetricKind : uint32_t { kCounter = 0, kGauge = 1, kHistogram = 2 };

/// A metric, called fluentbit_kinesis_ and then its name, with the label values that it has from the start.
struct MetricDefinition {
  MetricKind kind = MetricKind::kCounter;
  std::string name;
  std::string help;
  std::vector<std::string> label_keys;
  std::vector<std::vector<std::string>> series;
  /// Upper bounds of a histogram's buckets, growing.
  std::vector<double> bounds;
};

/// Fluent Bit's own object for a metric.
struct HostMetric {
  void *metric = nullptr;
  /// Where two counters stand for a histogram, that of its observations; `metric` then is that of their sum.
  void *observations = nullptr;
};

/// The metrics of all output instances, a set for each. Sets are made while FLBPluginInit waits, further series by the
/// thread that called it; values may be counted on any thread. Closing a set waits for a count under way, and nothing
/// touches the instance's metrics after it.
class HostMetrics {
 public:
  static HostMetrics &get();

  /// Makes the metrics of an output instance, all at zero. Gives the set's number; 0 when Fluent Bit has no such
  /// metrics.
  uint32_t open(void *output_instance, const std::vector<MetricDefinition> &definitions);

  /// Adds series to a set: those of its first series' value of the label, with another value. Gives the number of the
  /// first, also of those that were added before; the others follow in the order of the definitions. They appear when
  /// make_series() is called, with what was counted until then. 0 when the set is closed, or when other threads than
  /// that of its init bring its chunks: an output has `workers`.
  uint32_t add_series(uint32_t set, const std::string &label, const std::string &value);

  /// Makes the series that were added to the set of an instance. Call it on a thread of the host's, with an instance's
  /// chunk.
  void make_series(int64_t instance);

  /// Takes pairs of a series (by its position over all definitions) and a value: counters grow by it, gauges become it,
  /// histograms take it in. False when the set is closed.
  bool update(uint32_t set, const double *pairs, size_t count);

  /// Sets a set's gauges to zero, which told of a core that is no more.
  void reset_gauges(uint32_t set);

  /// Remembers under which number the instance will exit, and the thread of its init, which is the caller's; take()
  /// returns, and forgets, what was remembered.
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
    /// Whether the host has its label set.
    bool is_made = false;
  };

  struct Set {
    std::vector<MetricDefinition> definitions;
    std::vector<HostMetric> metrics;
    std::vector<Series> series;
    /// Of the added ones, the number of the first, by the value of their label.
    std::map<std::string, uint32_t> added;
    /// What was counted in series that are not made yet.
    std::vector<std::pair<size_t, double>> waiting;
    /// That of its init; no thread while the init waits.
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
