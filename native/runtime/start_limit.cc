// Reads KINESIS_START_TIMEOUT, the time limit of Node's start.
#include "runtime/start_limit.h"

#include "runtime/node_options.h"
#include "runtime/seconds_variable.h"

namespace kinesis {
namespace {

// Node starts in 0.1 s; under an emulator, or on a machine that swaps, in many seconds.
constexpr SecondsVariable kStartLimit{"KINESIS_START_TIMEOUT", 1, 3600, 60};

}  // namespace

std::string complaint_of_start_timeout() { return kStartLimit.complaint(); }

int64_t start_timeout_ms() { return 1000 * kStartLimit.seconds(); }

std::string lateness() {
  return "did not come up in " + std::to_string(kStartLimit.seconds()) + " s (" + kStartLimit.name + ")" +
         hint_of_node_options();
}

}  // namespace kinesis
