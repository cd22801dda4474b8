// In place of native/binding.cc: a core in C++ that runs on Node's thread and answers, or misbehaves, on command.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "fluent_bit/flb_proxy_abi.h"
#include "platform/platform.h"
#include "runtime/embedded/local_host.h"
#include "runtime/process/frame.h"
#include "shim_host.h"
#include "stand_in_core.h"

namespace stand_in {

Settings settings;
Observed observed;

namespace {

using kinesis::Chunk;
using kinesis::Host;
using kinesis::LocalHost;
using kinesis::RequestKind;
using kinesis::Task;

struct Opened {
  uint32_t metrics = 0;
  bool says_at_exit = false, delivers_at_exit = false, is_mute_at_exit = false;
  int exit_takes_ms = 0;
  std::string memory;
};

/// A flush without an answer. `chunk` is unset unless the core has it.
struct Held {
  Task task;
  Chunk chunk;
};

std::mutex mutex;
std::condition_variable changed;
std::vector<uint32_t> queue;    // guarded by mutex
std::map<uint32_t, Held> held;  // guarded by mutex
bool closed = false;            // guarded by mutex
std::atomic<int> taken{0}, surplus{0};
std::atomic<bool> at_end{false};
std::atomic<uint32_t> last_metrics{0};

// Only Node's thread has to do with these.
Host *host = &LocalHost::get();
std::map<int64_t, Opened> opened;
bool says_at_stop = false, never_ends = false;
std::map<uint32_t, int64_t> fetching;          // flushes whose chunks are on their way, with their instances
std::map<uint32_t, int64_t> released;          // flushes that were held, with their instances
std::map<int64_t, uint32_t> delivering_exits;  // exits of instances whose released flushes are still under way
int arrived_chunks = 0, unwanted_flushes = 0, last_value = 0;
volatile int last_read = 0;  // keeps the compiler from leaving the reading out

constexpr uint32_t kUnknownId = 4000000000u;
constexpr useconds_t kLastWorkMicroseconds = 100000;
constexpr int kExitStepMs = 50;
// Where a core in a process of its own finds the connection to its host.
constexpr int kConnection = 3;

bool post(uint32_t id) {
  std::lock_guard<std::mutex> lock(mutex);
  if (closed) return false;
  queue.push_back(id);
  changed.notify_all();
  return true;
}

void answer(uint32_t id, int64_t value) {
  (host->take(id) ? taken : surplus)++;
  host->answer(id, value);
}

bool has_released(int64_t instance) {
  return std::any_of(released.begin(), released.end(), [instance](const auto &one) { return one.second == instance; });
}

// An exit that delivers is answered behind the last flush of its instance.
void flush_has_answer(uint32_t id) {
  const auto found = released.find(id);
  if (found == released.end()) return;
  const int64_t instance = found->second;
  released.erase(found);
  const auto exit = delivering_exits.find(instance);
  if (exit == delivering_exits.end() || has_released(instance)) return;
  answer(exit->second, 0);
  delivering_exits.erase(exit);
}

uint32_t open_metrics(uint32_t id) {
  using kinesis::MetricKind;
  return host->open_metrics(id, {{MetricKind::kCounter, "things_total", "Things.", {"kind"}, {{"one"}, {"other"}}, {}},
                                 {MetricKind::kGauge, "level", "A level.", {}, {{}}, {}},
                                 {MetricKind::kHistogram, "seconds", "Time.", {"x", "y"}, {{"a", "b"}}, {0.1, 1}}});
}

int64_t open_instance(uint32_t id, int64_t number) {
  auto has = [id](const char *key) { return host->option(id, key).has_value(); };
  Opened instance;
  if (has(kMetrics)) instance.metrics = last_metrics = open_metrics(id);
  if (has(kMoreMetrics)) host->add_metric_series(instance.metrics, "kind", "more");
  if (has(kRefuse)) return -1;
  const auto identity = host->log_identity(id);
  instance.memory = remembered(host->option(id, kRemember).value_or(""), identity ? identity->name : "",
                               identity ? identity->level : 0);
  instance.says_at_exit = has(kSayAtExit);
  instance.delivers_at_exit = has(kDeliverAtExit);
  instance.is_mute_at_exit = has(kMuteExit);
  instance.exit_takes_ms = atoi(host->option(id, kExitTakesMs).value_or("0").c_str());
  says_at_stop |= has(kSayAtStop);
  never_ends |= has(kNeverEnd);
  CHECK(opened.emplace(number, std::move(instance)).second);
  return kFlbOk;
}

void measure(int64_t instance) {
  const double pairs[] = {1, 1, 2, 7};
  host->update_metrics(opened.at(instance).metrics, pairs, 2);
}

void grow(int64_t instance) {
  const uint32_t metrics = opened.at(instance).metrics;
  const double pairs[] = {static_cast<double>(host->add_metric_series(metrics, "kind", "new")), 3};
  host->update_metrics(metrics, pairs, 1);
}

// Returns the number that a tag asks for; else the flush's fingerprint.
int value_of(const Task &task, const Chunk &chunk) {
  const std::string &tag = task.tag;
  if (tag == kCount) return static_cast<int>(opened.size());
  if (tag == kBlocks) return task.blocks ? 1 : 0;
  if (tag == kArrived) return arrived_chunks;
  if (tag == kUnwanted) return unwanted_flushes;
  if (tag == kLast) return last_value;
  if (tag == kSurplus) return surplus;
  if (tag == kHeld) {
    std::lock_guard<std::mutex> lock(mutex);
    return static_cast<int>(held.size());
  }
  if (tag == kRecall) {
    const std::string &memory = opened.at(task.instance).memory;
    return fingerprint(0, memory.data(), memory.size(), kRecall);
  }
  return fingerprint(task.instance, chunk.data, chunk.bytes, tag.c_str());
}

void hold(uint32_t id, const Task &task, const Chunk &chunk) {
  std::lock_guard<std::mutex> lock(mutex);
  held.emplace(id, Held{task, chunk});
  changed.notify_all();
}

// Removes the held flushes that match, and returns them.
template <typename Matches>
std::map<uint32_t, Held> take_held(Matches matches) {
  std::map<uint32_t, Held> taken_now;
  std::lock_guard<std::mutex> lock(mutex);
  for (auto entry = held.begin(); entry != held.end();) {
    const auto next = std::next(entry);
    if (matches(entry->first, entry->second)) taken_now.insert(held.extract(entry));
    entry = next;
  }
  return taken_now;
}

// Reads the chunk once more, as the real core may until it answers.
void give_up(uint32_t id, const Held &flush) {
  if (flush.chunk.data != nullptr) last_read = fingerprint(0, flush.chunk.data, flush.chunk.bytes, "");
  answer(id, kFlbRetry);
}

// An empty chunk is not fetched. Unset when the chunk comes later, or never.
std::optional<Chunk> fetch(uint32_t id, const Task &task) {
  if (task.chunk_bytes == 0 && task.kind == RequestKind::kFlush) return Chunk{};
  const std::optional<Chunk> chunk = host->chunk(id);
  if (task.tag == kAskAndFreeze) raise(SIGSTOP);
  if (!chunk) fetching.emplace(id, task.instance);
  if (!chunk || chunk->data != nullptr) return chunk;
  unwanted_flushes++;
  flush_has_answer(id);
  return std::nullopt;
}

void send_raw(const Chunk &chunk) {
  CHECK(write(kConnection, chunk.data, chunk.bytes) == static_cast<ssize_t>(chunk.bytes));
}

void answer_in_connection(uint32_t id) {
  kinesis::FrameHeader header{kinesis::FrameKind::kReply, id, kFlbOk};
  send_raw({&header, sizeof header});
}

void flush(uint32_t id, const Task &task);

// At the exit of their instance nobody waits for chunks that are on their way, unless the exit delivers them.
void end_fetching(int64_t instance, bool delivers) {
  for (auto entry = fetching.begin(); entry != fetching.end();) {
    const auto [id, of_instance] = *entry;
    if (of_instance == instance && delivers) released.emplace(id, instance);
    if (of_instance == instance && !delivers) answer(id, kFlbRetry);
    entry = of_instance == instance ? fetching.erase(entry) : std::next(entry);
  }
}

void release_held(const std::map<uint32_t, Held> &flushes) {
  for (const auto &[id, flush_held] : flushes) released.emplace(id, flush_held.task.instance);
  for (const auto &[id, flush_held] : flushes) flush(id, flush_held.task);
}

void flush(uint32_t id, const Task &task) {
  const std::string &tag = task.tag;
  if (tag == kCrash) raise(SIGSEGV);
  if (tag == kKill) raise(SIGKILL);
  if (tag == kFreeze) raise(SIGSTOP);
  if (tag == kAbort) abort();
  if (tag == kExit) host->abandoned();
  const bool is_released = released.count(id) != 0;
  if (tag == kHold && !is_released) return hold(id, task, {});
  if (tag == kAnswerAndAsk && task.kind == RequestKind::kFlush) answer_in_connection(id);
  const std::optional<Chunk> chunk = fetch(id, task);
  if (!chunk) return;
  if (tag == kHoldChunk && !is_released) return hold(id, task, *chunk);
  const std::string text(static_cast<const char *>(chunk->data), chunk->bytes);
  if (tag == kSay) {
    CHECK(host->log(2, "first " + text));
    CHECK(host->log(2, "second " + text));
  }
  if (tag == kMeasure) measure(task.instance);
  if (tag == kGrow) grow(task.instance);
  if (tag == kWrite) host->write_message(text + "\n");
  if (tag == kRaw || tag == kRawAndKill || tag == kRawAndFreeze) send_raw(*chunk);
  if (tag == kRawAndKill) raise(SIGKILL);
  if (tag == kRawAndFreeze) raise(SIGSTOP);
  if (tag == kBusy) usleep(static_cast<useconds_t>(1000 * atoi(text.c_str())));
  if (tag == kRelease) release_held(take_held([](uint32_t, const Held &) { return true; }));
  const int value = last_value = value_of(task, *chunk);
  answer(id, value);
  if (tag == kAnswerAndFreeze) raise(SIGSTOP);
  if (tag == kTwice) {
    answer(id, value + 1);
    answer(kUnknownId, value);
  }
  flush_has_answer(id);
}

// Without a number the oldest exits, as native/plugin.cc says. As in the real core, its flushes have their answers
// before the exit has.
void exit_instance(uint32_t id, int64_t number) {
  const auto found = number < 0 ? opened.begin() : opened.find(number);
  if (found == opened.end()) return answer(id, 0);
  const int64_t exiting = found->first;
  const Opened instance = std::move(found->second);
  opened.erase(found);
  for (int waited_ms = 0; waited_ms < instance.exit_takes_ms; waited_ms += kExitStepMs) {
    usleep(kExitStepMs * 1000);
    host->extend(id);
  }
  if (instance.is_mute_at_exit) return;
  const auto flushes = take_held([exiting](uint32_t, const Held &flush) { return flush.task.instance == exiting; });
  if (instance.says_at_exit) CHECK(host->log(3, "at the exit"));
  end_fetching(exiting, instance.delivers_at_exit);
  if (instance.delivers_at_exit && (!flushes.empty() || has_released(exiting))) {
    delivering_exits.emplace(exiting, id);
    return release_held(flushes);
  }
  for (const auto &[flush_id, flush] : flushes) give_up(flush_id, flush);
  answer(id, 0);
}

void withdraw(uint32_t id, int64_t flush_id) {
  const auto flushes = take_held([flush_id](uint32_t held_id, const Held &) { return held_id == flush_id; });
  for (const auto &[held_id, flush] : flushes) give_up(held_id, flush);
  if (flushes.empty()) host->answer(static_cast<uint32_t>(flush_id), kFlbRetry);
  fetching.erase(static_cast<uint32_t>(flush_id));
  answer(id, 0);
}

// Answers all that is held, then the stop itself, and takes no more.
void stop(uint32_t id) {
  std::map<uint32_t, Held> drained;
  {
    std::lock_guard<std::mutex> lock(mutex);
    closed = true;
    drained.swap(held);
  }
  if (says_at_stop) CHECK(!host->log(3, "at the end"));
  for (const auto &[flush_id, flush] : drained) answer(flush_id, kFlbOk);
  answer(id, 0);
  if (never_ends) kinesis::rest_for_ever();
}

// False when the loop is to end.
bool serve(uint32_t id) {
  const std::optional<Task> task = host->take(id);
  if (!task) return true;
  switch (task->kind) {
    case RequestKind::kInit:
      pthread_sigmask(SIG_SETMASK, nullptr, &observed.mask);
      answer(id, open_instance(id, task->instance));
      return true;
    case RequestKind::kChunk:
      arrived_chunks++;
      fetching.erase(id);
      flush(id, *task);
      return true;
    case RequestKind::kFlush:
      if (task->tag == kDie) return false;
      flush(id, *task);
      return true;
    case RequestKind::kExit:
      exit_instance(id, task->instance);
      return true;
    case RequestKind::kWithdraw:
      withdraw(id, task->instance);
      return true;
    case RequestKind::kStop:
      stop(id);
      return false;
  }
  return true;
}

bool is_of_flush(uint32_t id) {
  const std::optional<Task> task = host->take(id);
  return !task || task->kind == RequestKind::kFlush || task->kind == RequestKind::kChunk;
}

// Serves the waiting requests. Successive flushes are served newest first, so that an answer that went by order would
// go to the wrong flush.
bool run_once() {
  std::vector<uint32_t> batch;
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [] { return !queue.empty(); });
    batch.swap(queue);
  }
  for (auto first = batch.begin(); first != batch.end();) {
    const auto next = std::find_if_not(first, batch.end(), is_of_flush);
    std::reverse(first, next);
    first = next == batch.end() ? next : std::next(next);
  }
  for (const uint32_t id : batch) {
    if (!serve(id)) return false;
  }
  return true;
}

void observe(const char *script) {
  observed.thread = pthread_self();
  pthread_attr_t attributes;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstacksize(&attributes, &observed.stack_bytes);
  pthread_attr_destroy(&attributes);
  struct sigaction usr1 {};
  sigaction(SIGUSR1, nullptr, &usr1);
  observed.host_signals_taken = usr1.sa_handler == SIG_DFL;
  observed.script = script;
}

}  // namespace

void run_for(Host &other_host) {
  host = &other_host;
  host->ready(post);
  while (run_once()) continue;
  std::lock_guard<std::mutex> lock(mutex);
  closed = true;
}

void wait_until_held(size_t count) {
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [count] { return held.size() >= count; });
}

int taken_answers() { return taken; }
uint32_t opened_metrics() { return last_metrics; }
bool ended() { return at_end; }

}  // namespace stand_in

extern "C" __attribute__((visibility("default"))) int stand_in_core_main(const char *script) {
  using namespace stand_in;
  observe(script);
  if (settings.before_up == BeforeUp::kReturn) return 7;
  if (settings.before_up == BeforeUp::kExit) LocalHost::get().abandoned();
  // As OpenSSL does while Node starts: its clean-up is to find Node at its end.
  atexit([] { CHECK(at_end); });
  run_for(LocalHost::get());
  // Long enough that an exit of the process which does not wait for this thread is caught.
  usleep(kLastWorkMicroseconds);
  at_end = true;
  return 0;
}
