// What a test can ask the stand-in for Fluent Bit's exported functions, once the library is loaded.
#pragma once

#include <pthread.h>

#include <string>
#include <vector>

namespace stand_in_host {

/// The environment variable with the version of cmetrics, else it is a new one.
constexpr const char *kVersionVariable = "STAND_IN_CMETRICS_VERSION";

/// A line of the log, and the thread that wrote it.
struct Line {
  int level;
  std::string text;
  pthread_t thread;
};

/// The functions of the library; each is looked up by `load`.
struct Host {
  /// The instance's log_level, 0 to 5.
  void (*set_log_level)(int level);
  /// From now on the instance has no metrics, or the creation of so many more succeeds.
  void (*give_no_metrics)();
  void (*fail_after)(int creations);
  /// The value of a series such as "fluentbit_kinesis_x{first,second}": -1 when there is none. Of a histogram, the sum;
  /// with "_count" or "_bucket_N" behind its name, that.
  double (*value)(const char *series);
  /// Frees what the instance counts in, as at its end; whoever touches it then ends the process.
  void (*free_metrics)();
  std::vector<Line> (*lines)();
};

/// Loads the library so that its functions are found as Fluent Bit's are.
Host load(const char *path);

}  // namespace stand_in_host
