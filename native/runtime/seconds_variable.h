// An environment variable that holds a time limit in whole seconds.
#pragma once

#include <cstdint>
#include <string>

namespace kinesis {

struct SecondsVariable {
  const char *name;
  int64_t min_seconds, max_seconds, unset_seconds;

  /// Returns the limit that the variable sets, or `unset_seconds` when the variable is unset or invalid.
  int64_t seconds() const;

  /// Returns the user's error in the variable's value; empty when the value is valid or unset.
  std::string complaint() const;
};

}  // namespace kinesis
