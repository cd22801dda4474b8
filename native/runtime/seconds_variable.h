// An environment variable that holds a time limit in whole seconds.
#pragma once

#include <cstdint>
#include <string>

namespace kinesis {

struct SecondsVariable {
  const char *name;
  int64_t least, most, unset;

  /// Returns the limit that the variable sets, or `unset` when the variable is unset or invalid.
  int64_t seconds() const;

  /// What is wrong with the variable's value, for the user; empty when it can be used.
  std::string complaint() const;
};

}  // namespace kinesis
