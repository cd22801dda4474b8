// Detects versions of Fluent Bit by that of its library cmetrics, since the program exports no version of its own.
//
// Source: lib/cmetrics/CMakeLists.txt in Fluent Bit 1.8.15 (0.2.2), 1.9.0 (0.3.0), 2.0.7 (0.5.7), 2.0.8 (0.5.8), 2.1.10
// (0.6.3), 2.2.0 (0.6.4), 2.2.1 (0.6.6), 3.1.10 (0.9.7), 3.2.0 to 4.0.0 (0.9.9), 4.2.1 (1.0.5) and 4.2.2 (1.0.6).
#include "fluent_bit/host_version.h"

#include <cstdio>

#include "platform/platform.h"

namespace kinesis {
namespace {

constexpr int number_of(int major, int minor, int patch) { return major * 1000000 + minor * 1000 + patch; }

// Returns 0 when the host reports no version.
int cmetrics_version() {
  const char *(*version)();
  int major = 0, minor = 0, patch = 0;
  if (!look_up(version, "cmt_version")) return 0;
  const char *text = version();
  if (text == nullptr || sscanf(text, "%3d.%3d.%3d", &major, &minor, &patch) != 3) return 0;
  return number_of(major, minor, patch);
}

}  // namespace

bool has_sound_histograms() { return cmetrics_version() >= number_of(1, 0, 6); }

bool crashes_after_failed_init() {
  const int version = cmetrics_version();
  return version != 0 && version < number_of(0, 6, 6);
}

bool names_last_output_at_exits() {
  const int version = cmetrics_version();
  return version != 0 && version < number_of(0, 5, 8);
}

bool loses_chunks_in_reload() {
  const int version = cmetrics_version();
  return version >= number_of(0, 6, 4) && version < number_of(0, 9, 9);
}

bool frees_plugin_with_first_output() {
  const int version = cmetrics_version();
  return version >= number_of(0, 3, 0) && version < number_of(0, 5, 8);
}

}  // namespace kinesis
