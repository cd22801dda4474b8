// Time limits of the shim that no variable sets.
#pragma once

#include <cstdint>

// The tests' build (test/native/CMakeLists.txt) defines shorter ones; the library's build defines none.
#ifndef KINESIS_STOP_TIMEOUT_MS
#define KINESIS_STOP_TIMEOUT_MS 8000
#endif
#ifndef KINESIS_SEND_TIMEOUT_MS
#define KINESIS_SEND_TIMEOUT_MS 8000
#endif
#ifndef KINESIS_PROCESS_END_TIMEOUT_MS
#define KINESIS_PROCESS_END_TIMEOUT_MS 5000
#endif
#ifndef KINESIS_STUCK_FACTOR
#define KINESIS_STUCK_FACTOR 10
#endif

namespace kinesis {

/// Maximum wait for a sign of the core at the end of an output or of the process.
constexpr int64_t kStopTimeoutMs = KINESIS_STOP_TIMEOUT_MS;
/// Maximum time in which Node's process reads none of the data sent to it: a stopped one must not block Fluent Bit's
/// threads for ever.
constexpr int64_t kSendTimeoutMs = KINESIS_SEND_TIMEOUT_MS;
/// Maximum time from the end of the connection to the end of Node's process.
constexpr int64_t kProcessEndTimeoutMs = KINESIS_PROCESS_END_TIMEOUT_MS;
/// How many times KINESIS_SILENCE_TIMEOUT scripts may keep Node's thread: a slice of a chunk takes it for a second
/// where V8 interprets, and nothing for minutes.
constexpr int kStuckFactor = KINESIS_STUCK_FACTOR;

}  // namespace kinesis
