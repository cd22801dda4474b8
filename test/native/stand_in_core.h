// What a test can tell the stand-in for the core, and what it can ask it.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace stand_in {

/// Tags of a flush that make the core do something else than answer with the flush's fingerprint.
constexpr const char *kHold = "hold";    // keep it unanswered, until a stop
constexpr const char *kDie = "die";      // node::Start returns, as after an uncaught exception
constexpr const char *kTwice = "twice";  // answer twice, and answer an id that nobody waits for
constexpr const char *kExit = "exit";    // process.exit(): declare the core gone and rest for ever
constexpr const char *kCrash = "crash";  // a segmentation fault on its thread
constexpr const char *kAbort = "abort";  // abort(), as when its heap is full
constexpr const char *kSay = "say";      // two lines for the host's log, then the answer
/// The option that makes an init be answered with -1.
constexpr const char *kRefuse = "refuse";
/// The option that makes an init open metrics: two counters, a gauge and a histogram.
constexpr const char *kMetrics = "metrics";

enum class BeforeUp { kNothing, kReturn, kExit };

/// Set before the first FLBPluginInit.
struct Settings {
  BeforeUp before_up = BeforeUp::kNothing;
  bool says_at_exit = false;  // the exit of an instance has a line for the host's log
  bool says_at_stop = false;  // a stop has a line for the host's log
  bool never_ends = false;    // a stop is answered, but node::Start does not return
};
extern Settings settings;

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

/// Blocks until so many flushes are held.
void wait_until_held(size_t count);

/// How many answers were taken (the request waited for it) and how many were refused.
int taken_answers();
int refused_answers();

/// The metrics that the last init opened; 0 when it had none.
uint32_t opened_metrics();

/// How many instances are open, and whether node::Start came to its very end.
int open_instances();
bool ended();

}  // namespace stand_in
