// In place of native/binding.cc: a core in C++ that runs on Node's thread and answers, or misbehaves, on command.
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "flb_proxy_abi.h"
#include "local_host.h"
#include "platform.h"
#include "shim_host.h"
#include "stand_in_core.h"

namespace stand_in {

Settings settings;
Observed observed;

namespace {

using kinesis::Host;
using kinesis::LocalHost;
using kinesis::RequestKind;
using kinesis::Task;

struct Opened {
  uint32_t metrics = 0;
  bool says_at_exit = false;
  std::string memory;
};

std::mutex mutex;
std::condition_variable changed;
std::vector<uint32_t> queue;  // guarded by mutex
std::vector<uint32_t> held;   // guarded by mutex
bool closed = false;          // guarded by mutex
std::atomic<int> taken{0}, refused{0};
std::atomic<bool> at_end{false};
std::atomic<uint32_t> last_metrics{0};

// Only Node's thread has to do with these.
Host *host = &LocalHost::get();
std::map<int64_t, Opened> opened;
int64_t next_instance = 0;
bool says_at_stop = false, never_ends = false;

constexpr uint32_t kUnknownId = 4000000000u;
constexpr useconds_t kLastWorkMicroseconds = 100000;
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
  (host->take(id) ? taken : refused)++;
  host->answer(id, value);
}

uint32_t open_metrics(uint32_t id) {
  using kinesis::MetricKind;
  return host->open_metrics(id, {{MetricKind::kCounter, "things_total", "Things.", {"kind"}, {{"one"}, {"other"}}, {}},
                                 {MetricKind::kGauge, "level", "A level.", {}, {{}}, {}},
                                 {MetricKind::kHistogram, "seconds", "Time.", {"x", "y"}, {{"a", "b"}}, {0.1, 1}}});
}

int64_t open_instance(uint32_t id) {
  auto has = [id](const char *key) { return host->option(id, key).has_value(); };
  Opened instance;
  if (has(kMetrics)) instance.metrics = last_metrics = open_metrics(id);
  if (has(kRefuse)) return -1;
  const auto identity = host->log_identity(id);
  instance.memory = remembered(host->option(id, kRemember).value_or(""), identity ? identity->name : "",
                               identity ? identity->level : 0);
  instance.says_at_exit = has(kSayAtExit);
  says_at_stop |= has(kSayAtStop);
  never_ends |= has(kNeverEnd);
  opened.emplace(next_instance, std::move(instance));
  return next_instance++;
}

void measure(int64_t instance) {
  const double pairs[] = {1, 1, 2, 7};
  host->update_metrics(opened.at(instance).metrics, pairs, 2);
}

// False when node::Start is to return at once.
bool flush(uint32_t id, const Task &task) {
  const std::string &tag = task.tag;
  const std::string chunk(static_cast<const char *>(task.chunk), task.chunk_bytes);
  if (tag == kDie) return false;
  if (tag == kCrash) raise(SIGSEGV);
  if (tag == kKill) raise(SIGKILL);
  if (tag == kAbort) abort();
  if (tag == kExit) host->abandoned();
  if (tag == kHold) {
    std::lock_guard<std::mutex> lock(mutex);
    held.push_back(id);
    changed.notify_all();
    return true;
  }
  int value = fingerprint(task.instance, task.chunk, task.chunk_bytes, tag.c_str());
  if (tag == kSay) {
    CHECK(host->log(2, "first " + chunk));
    CHECK(host->log(2, "second " + chunk));
  }
  if (tag == kCount) value = static_cast<int>(opened.size());
  if (tag == kHeld) {
    std::lock_guard<std::mutex> lock(mutex);
    value = static_cast<int>(held.size());
  }
  if (tag == kRecall) {
    const std::string &memory = opened.at(task.instance).memory;
    value = fingerprint(0, memory.data(), memory.size(), kRecall);
  }
  if (tag == kMeasure) measure(task.instance);
  if (tag == kRaw || tag == kRawAndKill) {
    CHECK(write(kConnection, chunk.data(), chunk.size()) == static_cast<ssize_t>(chunk.size()));
  }
  if (tag == kRawAndKill) raise(SIGKILL);
  answer(id, value);
  if (tag == kTwice) {
    answer(id, value + 1);
    answer(kUnknownId, value);
  }
  return true;
}

// Without a number the oldest exits, as native/plugin.cc says.
void exit_instance(uint32_t id, int64_t number) {
  const auto found = number < 0 ? opened.begin() : opened.find(number);
  if (found != opened.end()) {
    if (found->second.says_at_exit) CHECK(host->log(3, "at the exit"));
    opened.erase(found);
  }
  answer(id, 0);
}

// Answers all that is held, then the stop itself, and takes no more.
void stop(uint32_t id) {
  std::vector<uint32_t> drained;
  {
    std::lock_guard<std::mutex> lock(mutex);
    closed = true;
    drained.swap(held);
  }
  if (says_at_stop) CHECK(!host->log(3, "at the end"));
  for (const uint32_t flush_id : drained) answer(flush_id, kFlbOk);
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
      answer(id, open_instance(id));
      return true;
    case RequestKind::kFlush:
      return flush(id, *task);
    case RequestKind::kExit:
      exit_instance(id, task->instance);
      return true;
    case RequestKind::kStop:
      stop(id);
      return false;
  }
  return true;
}

// Serves what waits, the newest first, so that an answer that went by order would go to the wrong flush.
bool run_once() {
  std::vector<uint32_t> batch;
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [] { return !queue.empty(); });
    batch.swap(queue);
  }
  for (auto id = batch.rbegin(); id != batch.rend(); ++id) {
    if (!serve(*id)) return false;
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

int fingerprint(int64_t instance, const void *chunk, size_t bytes, const char *tag) {
  uint32_t hash = 2166136261u ^ static_cast<uint32_t>(instance);
  auto mix = [&hash](const void *data, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ static_cast<const unsigned char *>(data)[i]) * 16777619u;
  };
  mix(chunk, bytes);
  mix(tag, strlen(tag));
  return static_cast<int>(hash >> 1);
}

std::string remembered(const std::string &option, const std::string &name, int level) {
  return option + "|" + name + "|" + std::to_string(level);
}

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
int refused_answers() { return refused; }
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
