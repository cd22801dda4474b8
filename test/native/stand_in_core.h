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
constexpr const char *kHold = "hold";  // keep the flush, without its chunk, until a release, an exit or a stop
constexpr const char *kHoldChunk = "hold-chunk";  // the same with the chunk at hand
constexpr const char *kRelease = "release";       // go on with all held flushes, then answer
constexpr const char *kDie = "die";               // node::Start returns, as after an uncaught exception
constexpr const char *kTwice = "twice";           // answer twice, and answer an id that nobody waits for
constexpr const char *kExit = "exit";             // process.exit(): abandon the core and rest for ever
constexpr const char *kCrash = "crash";           // a segmentation fault on its thread
constexpr const char *kAbort = "abort";           // abort(), as when its heap is full
constexpr const char *kKill = "kill";             // SIGKILL to its process
constexpr const char *kFreeze = "freeze";         // SIGSTOP to its process
constexpr const char *kBusy = "busy";             // keep Node's thread for the milliseconds in the chunk, then answer
constexpr const char *kWrite = "write";           // the chunk to the host's standard error, then the answer
constexpr const char *kSay = "say";               // two lines for the host's log, then the answer
/// Writes the chunk into the connection to the host as it is.
constexpr const char *kRaw = "raw";
constexpr const char *kRawAndKill = "raw-and-kill";          // then SIGKILL to its process
constexpr const char *kReplyAndFreeze = "reply-and-freeze";  // answer, then SIGSTOP to its process
constexpr const char *kRawAndFreeze = "raw-and-freeze";      // then SIGSTOP to its process
constexpr const char *kAskAndFreeze = "ask-and-freeze";      // ask for the chunk, then SIGSTOP to its process
constexpr const char *kReplyAndAsk = "reply-and-ask";  // answer in the connection to the host, then ask for the chunk
/// Answers with the fingerprint, for instance 0, of what `remembered` gives.
constexpr const char *kRecall = "recall";
/// Counts one in the second counter of the instance's metrics and sets the gauge to 7, then answers.
constexpr const char *kMeasure = "measure";
constexpr const char *kGrow = "grow";  // add the series things_total{new}, count 3 in it, then the answer
// Only in the core of the real binding.
constexpr const char *kMisuse = "misuse";             // call each function of the binding with wrong arguments
constexpr const char *kMemory = "memory";             // give memory back in each way
constexpr const char *kKeepReading = "keep-reading";  // read the chunk, a number, for so many milliseconds
constexpr const char *kThrow = "throw";               // throw out of the handler of requests, then answer with error
// Tags that are answered with a number.
constexpr const char *kCount = "count";        // of open instances
constexpr const char *kHeld = "held";          // of held flushes
constexpr const char *kBlocks = "blocks";      // 1 when the flush blocks a thread of the host, else 0
constexpr const char *kArrived = "arrived";    // of chunks that came after the core asked for them
constexpr const char *kUnwanted = "unwanted";  // of flushes without a chunk because nobody waits for them
constexpr const char *kLast = "last";          // the answer of the flush before
constexpr const char *kSurplus = "surplus";    // of answers to requests that have theirs, or that nobody made

/// The tags that lead to no answer, or to another than the fingerprint.
constexpr const char *kDisruptiveTags[] = {
    kHold,   kHoldChunk, kRelease, kDie,   kExit,         kCrash,          kAbort,
    kKill,   kFreeze,    kSay,     kRaw,   kRawAndKill,   kAskAndFreeze,   kReplyAndAsk,
    kRecall, kMeasure,   kCount,   kHeld,  kBlocks,       kArrived,        kUnwanted,
    kLast,   kSurplus,   kBusy,    kWrite, kRawAndFreeze, kReplyAndFreeze, kGrow};

/// The option that makes an init be answered with -1.
constexpr const char *kRefuse = "refuse";
/// The option that makes an init open metrics: two counters, a gauge and a histogram.
constexpr const char *kMetrics = "metrics";
/// With that one: the option that makes the init add the series things_total{more}.
constexpr const char *kMoreMetrics = "more_metrics";
/// The option whose value an instance remembers, with how the host's log knows it.
constexpr const char *kRemember = "remember";
/// Options by which the exit of an instance, or the stop after it was there, has a line for the host's log.
constexpr const char *kSayAtExit = "say_at_exit";
constexpr const char *kSayAtStop = "say_at_stop";
/// The option by which a stop is answered, but node::Start does not return.
constexpr const char *kNeverEnd = "never_end";
/// The option by which an exit goes on with the instance's held flushes. Without it they are answered with retry.
constexpr const char *kDeliverAtExit = "deliver_at_exit";
/// The option for the milliseconds that an exit takes, during which the core extends it, and the option by which the
/// exit has no answer.
constexpr const char *kExitTakesMs = "exit_takes_ms";
constexpr const char *kMuteExit = "mute_exit";

enum class BeforeUp { kNothing, kReturn, kExit, kRefuse };

/// Set before the first FLBPluginInit. A core in a process of its own is told by the environment variable of this name,
/// which holds "return", "exit", "refuse", or "half-a-frame" for one that sends no more than that.
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

/// How many answers were taken: the request waited for it.
int taken_replies();

/// The metrics that the last init opened; 0 when it had none.
uint32_t opened_metrics();

/// Whether node::Start came to its very end.
bool ended();

}  // namespace stand_in
