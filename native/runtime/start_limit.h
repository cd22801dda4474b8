// Reads KINESIS_START_TIMEOUT, the time limit of Node's start.
#pragma once

#include <cstdint>
#include <string>

namespace kinesis {

/// Returns the user's error in the variable's value; empty when the value is valid or unset.
std::string complaint_of_start_timeout();

/// Returns the limit of each start of Node, also of a restart, and of the core's reply to an init.
int64_t start_timeout_ms();

/// Returns the message for a start over the limit, as a predicate of the part that did not come up.
std::string lateness();

}  // namespace kinesis
