// What a test can tell the stand-in for the core, and what it can ask it.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace kinesis {
class Host;
}

namespace stand_in {

/// Tags of a flush that make the core do something else than answer with the flush's fingerprint.
constexpr const char *kHold = "hold";    // keep it unanswered, until a stop
constexpr const char *kDie = "die";      // node::Start returns, as after an uncaught exception
constexpr const char *kTwice = "twice";  // answer twice, and answer an id that nobody waits for
constexpr const char *kExit = "exit";    // process.exit(): abandon the core and rest for ever
constexpr const char *kCrash = "crash";  // a segmentation fault on its thread
constexpr const char *kAbort = "abort";  // abort(), as when its heap is full
constexpr const char *kKill = "kill";    // SIGKILL to its process
constexpr const char *kSay = "say";      // two lines for the host's log, then the answer
constexpr const char *kCount = "count";  // answer how many instances are open
constexpr const char *kHeld = "held";    // answer how many flushes are held
/// Answers with the fingerprint, for instance 0, of what `remembered` gives.
constexpr const char *kRecall = "recall";
/// Counts one in the second counter of the instance's metrics and sets the gauge to 7, then answers.
constexpr const char *kMeasure = "measure";
/// Writes the chunk into the connection to the host as it is.
constexpr const char *kRaw = "raw";
constexpr const char *kRawAndKill = "raw-and-kill";  // then SIGKILL to its process

/// The option that makes an init be answered with -1.
constexpr const char *kRefuse = "refuse";
/// The option that makes an init open metrics: two counters, a gauge and a histogram.
constexpr const char *kMetrics = "metrics";
/// The option whose value an instance remembers, with how the host's log knows it.
constexpr const char *kRemember = "remember";
/// Options by which the exit of an instance, or the stop after it was there, has a line for the host's log.
constexpr const char *kSayAtExit = "say_at_exit";
constexpr const char *kSayAtStop = "say_at_stop";
/// The option by which a stop is answered, but node::Start does not return.
constexpr const char *kNeverEnd = "never_end";

enum class BeforeUp { kNothing, kReturn, kExit, kRefuse };

/// Set before the first FLBPluginInit. A core in a process of its own is told by the environment variable of this name,
/// which holds "return", "exit" or "refuse".
struct Settings {
  BeforeUp before_up = BeforeUp::kNothing;
};
extern Settings settings;
constexpr const char *kBeforeUpVariable = "STAND_IN_BEFORE_UP";

/// What the core saw. Written by Node's thread before it answers an init, which orders it before the reader.
struct Observed {
  pthread_t thread{};
  sigset_t mask{};
  size_t stack_bytes = 0;
  bool host_signals_taken = false;  // SIGTERM was not the host's any more while Node started
  std::string script;
};
extern Observed observed;

/// The answer that the core gives to a flush, from all that it was handed.
int fingerprint(int64_t instance, const void *chunk, size_t bytes, const char *tag);

/// What an instance remembers of its init: the option's value, and the name and level by which the host's log knows it,
/// if it has one.
std::string remembered(const std::string &option, const std::string &name, int level);

/// Runs the core for a host in another process until its loop ends.
void run_for(kinesis::Host &host);

// What follows is about a core in the caller's process.

/// Blocks until so many flushes are held.
void wait_until_held(size_t count);

/// How many answers were taken (the request waited for it) and how many were refused.
int taken_answers();
int refused_answers();

/// The metrics that the last init opened; 0 when it had none.
uint32_t opened_metrics();

/// Whether node::Start came to its very end.
bool ended();

}  // namespace stand_in
