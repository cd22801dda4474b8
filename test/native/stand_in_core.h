// Commands of a test to the stand-in for the core, and its results.
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

/// Tags of a flush that make the core act differently from a reply with the flush's fingerprint.
constexpr const char *kHold = "hold";  // keep the flush, without its chunk, until a release, an exit or a stop
constexpr const char *kHoldChunk = "hold-chunk";  // the same with the chunk present
constexpr const char *kRelease = "release";       // continue all held flushes, then reply
constexpr const char *kDie = "die";               // node::Start returns, as after an uncaught exception
constexpr const char *kTwice = "twice";           // reply twice, and reply to an unknown id
constexpr const char *kExit = "exit";             // process.exit(): abandon the core and block for ever
constexpr const char *kCrash = "crash";           // a segmentation fault on its thread
constexpr const char *kAbort = "abort";           // abort(), as when its heap is full
constexpr const char *kKill = "kill";             // SIGKILL to its process
constexpr const char *kFreeze = "freeze";         // SIGSTOP to its process
constexpr const char *kBusy = "busy";             // keep Node's thread for the milliseconds in the chunk, then reply
constexpr const char *kWrite = "write";           // write the chunk to the host's standard error, then reply
constexpr const char *kSay = "say";               // log two lines to the host's log, then reply
/// Writes the chunk unchanged into the connection to the host.
constexpr const char *kRaw = "raw";
constexpr const char *kRawAndKill = "raw-and-kill";          // then SIGKILL to its process
constexpr const char *kReplyAndFreeze = "reply-and-freeze";  // reply, then SIGSTOP to its process
constexpr const char *kRawAndFreeze = "raw-and-freeze";      // then SIGSTOP to its process
constexpr const char *kAskAndFreeze = "ask-and-freeze";      // request the chunk, then SIGSTOP to its process
constexpr const char *kReplyAndAsk = "reply-and-ask";  // reply in the connection to the host, then request the chunk
/// Replies with the fingerprint, for instance 0, of the result of `remembered`.
constexpr const char *kRecall = "recall";
/// Counts one in the second counter of the instance's metrics and sets the gauge to 7, then replies.
constexpr const char *kMeasure = "measure";
constexpr const char *kGrow = "grow";  // add the series things_total{new}, count 3 in it, then reply
// Only in the core of the real binding.
constexpr const char *kMisuse = "misuse";             // call each function of the binding with wrong arguments
constexpr const char *kMemory = "memory";             // release memory in each way
constexpr const char *kKeepReading = "keep-reading";  // read the chunk, which holds the milliseconds to do so
constexpr const char *kThrow = "throw";               // throw out of the handler of requests, then reply with error
// Tags whose reply is a number.
constexpr const char *kCount = "count";        // of open instances
constexpr const char *kHeld = "held";          // of held flushes
constexpr const char *kBlocks = "blocks";      // 1 when the flush blocks a thread of the host, else 0
constexpr const char *kArrived = "arrived";    // of chunks that came after the core requested them
constexpr const char *kUnwanted = "unwanted";  // of flushes without a chunk because nothing waits for them
constexpr const char *kLast = "last";          // the reply to the flush before
constexpr const char *kSurplus = "surplus";    // of replies to requests that have theirs, or that do not exist

/// Tags that lead to no reply, or to another than the fingerprint.
constexpr const char *kDisruptiveTags[] = {
    kHold,   kHoldChunk, kRelease, kDie,   kExit,         kCrash,          kAbort,
    kKill,   kFreeze,    kSay,     kRaw,   kRawAndKill,   kAskAndFreeze,   kReplyAndAsk,
    kRecall, kMeasure,   kCount,   kHeld,  kBlocks,       kArrived,        kUnwanted,
    kLast,   kSurplus,   kBusy,    kWrite, kRawAndFreeze, kReplyAndFreeze, kGrow};

/// Option with which the reply to an init is -1.
constexpr const char *kRefuse = "refuse";
/// Option with which an init opens metrics: two counters, a gauge and a histogram.
constexpr const char *kMetrics = "metrics";
/// Option with which, together with kMetrics, the init adds the series things_total{more}.
constexpr const char *kMoreMetrics = "more_metrics";
/// Option whose value an instance remembers, with its name and level in the host's log.
constexpr const char *kRemember = "remember";
/// Options with which the exit of an instance, or the stop after it, logs a line to the host's log.
constexpr const char *kSayAtExit = "say_at_exit";
constexpr const char *kSayAtStop = "say_at_stop";
/// Option with which the core replies to a stop, but node::Start does not return.
constexpr const char *kNeverEnd = "never_end";
/// Option with which an exit continues the instance's held flushes. Without it, they get retry.
constexpr const char *kDeliverAtExit = "deliver_at_exit";
/// Option for the milliseconds that an exit takes, during which the core extends it, and option with which the exit
/// gets no reply.
constexpr const char *kExitTakesMs = "exit_takes_ms";
constexpr const char *kMuteExit = "mute_exit";

enum class BeforeUp { kNothing, kReturn, kExit, kRefuse };

/// Behaviour of the core at its start. Set before the first FLBPluginInit. A core in a separate process reads the
/// environment variable of this name, which holds "return", "exit", "refuse", or "half-a-frame" for one that sends no
/// more than that.
struct Settings {
  BeforeUp before_up = BeforeUp::kNothing;
};
extern Settings settings;
constexpr const char *kBeforeUpVariable = "STAND_IN_BEFORE_UP";

/// State that the core saw. Written by Node's thread before it replies to an init, which orders the write before the
/// reader.
struct Observed {
  pthread_t thread{};
  sigset_t mask{};
  size_t stack_bytes = 0;
  bool host_signals_taken = false;  // SIGTERM was not the host's any more while Node started
  std::string script;
};
extern Observed observed;

/// Returns the core's reply to a flush, from all inputs of the flush.
int fingerprint(int64_t instance, const void *chunk, size_t bytes, const char *tag);

/// Returns the text that an instance remembers of its init: the option's value, and the name and level of the instance
/// in the host's log, if it has one.
std::string remembered(const std::string &option, const std::string &name, int level);

/// Runs the core for a host in another process until its loop ends.
void run_for(kinesis::Host &host);

// The following functions are for a core in the caller's process.

/// Blocks until `count` flushes are held.
void wait_until_held(size_t count);

/// Returns the number of replies taken by a waiting request.
int taken_replies();

/// Returns the metrics that the last init opened; 0 when it had none.
uint32_t opened_metrics();

/// Whether node::Start ran to its end.
bool ended();

}  // namespace stand_in
