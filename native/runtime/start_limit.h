// How long Node may take to come up: KINESIS_START_TIMEOUT.
#pragma once

#include <cstdint>
#include <string>

namespace kinesis {

/// What is wrong with the variable's value, for the user; empty when it can be used.
std::string complaint_of_start_timeout();

/// The limit for each start of Node, a restart too, and for the core's answer to an init.
int64_t start_timeout_ms();

/// What is said when the limit is over: follows the name of what did not come up.
std::string lateness();

}  // namespace kinesis
