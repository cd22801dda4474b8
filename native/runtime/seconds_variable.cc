// An environment variable that holds a time limit in whole seconds.
#include "runtime/seconds_variable.h"

#include "platform/platform.h"

namespace kinesis {
namespace {

// Returns -1 for a text that is not a whole number, or above `max`.
int64_t number_of(const std::string &text, int64_t max) {
  if (text.empty()) return -1;
  int64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || number > max) return -1;
    number = 10 * number + (c - '0');
  }
  return number <= max ? number : -1;
}

}  // namespace

int64_t SecondsVariable::seconds() const {
  const int64_t chosen = number_of(environment_variable(name), max_seconds);
  return chosen >= min_seconds ? chosen : unset_seconds;
}

std::string SecondsVariable::complaint() const {
  const std::string value = environment_variable(name);
  if (value.empty() || number_of(value, max_seconds) >= min_seconds) return "";
  return "Invalid '" + std::string(name) + "' value (" + value +
         ") specified, must be a whole number of seconds from " + std::to_string(min_seconds) + " to " +
         std::to_string(max_seconds);
}

}  // namespace kinesis
