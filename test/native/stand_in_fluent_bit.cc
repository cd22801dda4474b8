// Replaces exports of Fluent Bit's program: metrics of one output instance, and a log that keeps its lines.
#include "stand_in_fluent_bit.h"

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

struct Metric {
  std::string name;
  int label_count;
  std::vector<double> bounds;
};

std::recursive_mutex mutex;  // guards all that follows
std::map<std::string, double> values;
// Never destroyed, so that remaining metrics are not a leak.
auto &metrics = *new std::set<Metric *>();
std::vector<stand_in_host::Line> lines;
int log_level = 3;
int creations_left = 1000;
bool has_metrics = true;
int cmt;

using Lock = std::lock_guard<std::recursive_mutex>;

void *create(void *given_cmt, const char *ns, const char *subsystem, const char *name, const char *help, int labels,
             char **keys) {
  Lock lock(mutex);
  if (given_cmt != &cmt || !has_metrics || *help == '\0' || creations_left-- <= 0) return nullptr;
  for (int i = 0; i < labels; i++) {
    if (*keys[i] == '\0') return nullptr;
  }
  auto *metric = new Metric{std::string(ns) + "_" + subsystem + "_" + name, labels, {}};
  metrics.insert(metric);
  return metric;
}

// Returns the name of a series, of a metric that must be alive.
std::string series(void *given, int labels, char **label_values, const std::string &suffix = "") {
  auto *metric = static_cast<Metric *>(given);
  if (metrics.count(metric) == 0 || metric->label_count != labels) {
    fprintf(stderr, "stand-in: a metric was touched after its end, or with the wrong labels\n");
    _Exit(3);
  }
  std::string text = metric->name + suffix + "{";
  for (int i = 0; i < labels; i++) text += (i > 0 ? "," : "") + std::string(label_values[i]);
  return text + "}";
}

}  // namespace

// Returns the version that a case has chosen.
EXPORTED const char *cmt_version() {
  const char *chosen = getenv(stand_in_host::kVersionVariable);
  return chosen != nullptr ? chosen : "2.2.1";
}

EXPORTED void *flb_output_get_cmt_instance(void *) {
  Lock lock(mutex);
  return has_metrics ? &cmt : nullptr;
}

EXPORTED void *cmt_counter_create(void *given, const char *ns, const char *subsystem, const char *name,
                                  const char *help, int labels, char **keys) {
  return create(given, ns, subsystem, name, help, labels, keys);
}

EXPORTED int cmt_counter_add(void *counter, uint64_t, double value, int labels, char **label_values) {
  Lock lock(mutex);
  values[series(counter, labels, label_values)] += value;
  return 0;
}

EXPORTED void *cmt_gauge_create(void *given, const char *ns, const char *subsystem, const char *name, const char *help,
                                int labels, char **keys) {
  return create(given, ns, subsystem, name, help, labels, keys);
}

#ifndef WITHOUT_GAUGES
EXPORTED int cmt_gauge_set(void *gauge, uint64_t, double value, int labels, char **label_values) {
  Lock lock(mutex);
  values[series(gauge, labels, label_values)] = value;
  return 0;
}
#endif

EXPORTED void *cmt_histogram_buckets_create_size(double *bounds, size_t count) {
  return new std::vector<double>(bounds, bounds + count);
}

EXPORTED void *cmt_histogram_create(void *given, const char *ns, const char *subsystem, const char *name,
                                    const char *help, void *given_buckets, int labels, char **keys) {
  auto *buckets = static_cast<std::vector<double> *>(given_buckets);
  void *metric = create(given, ns, subsystem, name, help, labels, keys);
  if (metric != nullptr) static_cast<Metric *>(metric)->bounds = *buckets;
  delete buckets;
  return metric;
}

EXPORTED int cmt_histogram_set_default(void *histogram, uint64_t, uint64_t *buckets, double sum, uint64_t count,
                                       int labels, char **label_values) {
  Lock lock(mutex);
  values[series(histogram, labels, label_values)] = sum;
  values[series(histogram, labels, label_values, "_count")] = static_cast<double>(count);
  for (size_t i = 0; i <= static_cast<Metric *>(histogram)->bounds.size(); i++) {
    values[series(histogram, labels, label_values, "_bucket_" + std::to_string(i))] = static_cast<double>(buckets[i]);
  }
  return 0;
}

EXPORTED int cmt_histogram_observe(void *histogram, uint64_t, double value, int labels, char **label_values) {
  Lock lock(mutex);
  values[series(histogram, labels, label_values)] += value;
  values[series(histogram, labels, label_values, "_count")]++;
  return 0;
}

EXPORTED const char *flb_output_name(void *) { return "kinesis.7"; }

EXPORTED int flb_output_log_check(void *, int level) {
  Lock lock(mutex);
  return log_level >= level ? 1 : 0;
}

EXPORTED void flb_log_print(int level, const char *, int, const char *format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  Lock lock(mutex);
  lines.push_back({level, text, pthread_self()});
}

EXPORTED void stand_in_host_functions(stand_in_host::Host *host) {
  host->set_log_level = [](int level) {
    Lock lock(mutex);
    log_level = level;
  };
  host->give_no_metrics = [] {
    Lock lock(mutex);
    has_metrics = false;
  };
  host->fail_after = [](int creations) {
    Lock lock(mutex);
    creations_left = creations;
  };
  host->value = [](const char *name) {
    Lock lock(mutex);
    const auto found = values.find(name);
    return found == values.end() ? -1 : found->second;
  };
  host->free_metrics = [] {
    Lock lock(mutex);
    for (Metric *metric : metrics) delete metric;
    metrics.clear();
    values.clear();
  };
  host->lines = [] {
    Lock lock(mutex);
    return lines;
  };
}
