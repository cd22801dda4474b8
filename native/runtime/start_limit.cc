// How long Node may take to come up: KINESIS_START_TIMEOUT.
#include "runtime/start_limit.h"

#include "platform/platform.h"
#include "runtime/node_options.h"

namespace kinesis {
namespace {

// Node comes up in 0.1 s; under an emulator, or on a machine that swaps, in many.
constexpr int64_t kDefaultSeconds = 60;
constexpr int64_t kMaxSeconds = 3600;

// -1 for what is not a whole number from 1 to the most.
int64_t seconds_of(const std::string &text) {
  int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || seconds > kMaxSeconds) return -1;
    seconds = 10 * seconds + (c - '0');
  }
  return seconds >= 1 && seconds <= kMaxSeconds ? seconds : -1;
}

std::string value() { return environment_variable("KINESIS_START_TIMEOUT"); }

int64_t seconds() {
  const int64_t chosen = seconds_of(value());
  return chosen > 0 ? chosen : kDefaultSeconds;
}

}  // namespace

std::string complaint_of_start_timeout() {
  if (value().empty() || seconds_of(value()) > 0) return "";
  return "Invalid 'KINESIS_START_TIMEOUT' value (" + value() +
         ") specified, must be a whole number of seconds from 1 to " + std::to_string(kMaxSeconds);
}

int64_t start_timeout_ms() { return 1000 * seconds(); }

std::string lateness() {
  return "did not come up in " + std::to_string(seconds()) + " s (KINESIS_START_TIMEOUT)" + hint_of_node_options();
}

}  // namespace kinesis
