// An environment variable that holds a time limit in whole seconds.
#include "runtime/seconds_variable.h"

#include "platform/platform.h"

namespace kinesis {
namespace {

// -1 for what is not a whole number, or above the most.
int64_t number_of(const std::string &text, int64_t most) {
  if (text.empty()) return -1;
  int64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || number > most) return -1;
    number = 10 * number + (c - '0');
  }
  return number <= most ? number : -1;
}

}  // namespace

int64_t SecondsVariable::seconds() const {
  const int64_t chosen = number_of(environment_variable(name), most);
  return chosen >= least ? chosen : unset;
}

std::string SecondsVariable::complaint() const {
  const std::string value = environment_variable(name);
  if (value.empty() || number_of(value, most) >= least) return "";
  return "Invalid '" + std::string(name) + "' value (" + value +
         ") specified, must be a whole number of seconds from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace kinesis
