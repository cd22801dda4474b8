// Controls for a test of the stand-in for Fluent Bit's exported functions, once the library is loaded.
#pragma once

#include <pthread.h>

#include <string>
#include <vector>

namespace stand_in_host {

/// Environment variable with the version of cmetrics; without it, the version is a new one.
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
  /// Removes the instance's metrics from now on, or makes creations fail after `creations` more.
  void (*give_no_metrics)();
  void (*fail_after)(int creations);
  /// Returns the value of a series such as "fluentbit_kinesis_x{first,second}"; -1 when there is none. Of a histogram,
  /// the sum; with "_count" or "_bucket_N" after its name, that.
  double (*value)(const char *series);
  /// Frees the instance's metrics, as at its end; any access to them afterwards ends the process.
  void (*free_metrics)();
  std::vector<Line> (*lines)();
};

/// Loads the library so that its functions are found as Fluent Bit's are.
Host load(const char *path);

}  // namespace stand_in_host
