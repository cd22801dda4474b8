// In place of native/binding.cc: a core in C++ that runs on Node's thread and answers, or misbehaves, on command.
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <vector>

#include "core.h"
#include "embedded_node.h"
#include "flb_proxy_abi.h"
#include "host_metrics.h"
#include "platform.h"
#include "shim_host.h"
#include "stand_in_core.h"

namespace stand_in {

Settings settings;
Observed observed;

namespace {

using kinesis::Core;
using kinesis::EmbeddedNode;
using kinesis::Request;
using kinesis::RequestKind;

std::mutex mutex;
std::condition_variable changed;
std::vector<uint32_t> queue;  // guarded by mutex
std::vector<uint32_t> held;   // guarded by mutex
bool closed = false;          // guarded by mutex
std::atomic<int> taken{0}, refused{0}, instances{0};
std::atomic<bool> at_end{false};
std::atomic<uint32_t> metrics{0};
int64_t next_instance = 0;

constexpr uint32_t kUnknownId = 4000000000u;
constexpr useconds_t kLastWorkMicroseconds = 100000;

bool post(uint32_t id) {
  std::lock_guard<std::mutex> lock(mutex);
  if (closed) return false;
  queue.push_back(id);
  changed.notify_all();
  return true;
}

void answer(uint32_t id, int64_t value) { (Core::get().requests().answer(id, value) ? taken : refused)++; }

uint32_t open_metrics(void *output_instance) {
  using kinesis::MetricKind;
  return kinesis::HostMetrics::get().open(
      output_instance, {{MetricKind::kCounter, "things_total", "Things.", {"kind"}, {{"one"}, {"other"}}, {}},
                        {MetricKind::kGauge, "level", "A level.", {}, {{}}, {}},
                        {MetricKind::kHistogram, "seconds", "Time.", {"x", "y"}, {{"a", "b"}}, {0.1, 1}}});
}

int64_t open_instance(uint32_t id) {
  bool refuse = false;
  Core::get().requests().with(id, [&](Request &request) {
    auto has = [&](const char *key) { return request.host_instance->option(key).has_value(); };
    refuse = has(kRefuse);
    if (has(kMetrics))
      request.host_instance->metrics = metrics = open_metrics(request.host_instance->output_instance());
  });
  if (refuse) return -1;
  instances++;
  return next_instance++;
}

// False when node::Start is to return at once.
bool flush(uint32_t id, const Request &request) {
  const std::string tag = request.tag;
  if (tag == kDie) return false;
  if (tag == kCrash) raise(SIGSEGV);
  if (tag == kAbort) abort();
  if (tag == kExit) {
    EmbeddedNode::get().core_gone();
    kinesis::rest_for_ever();
  }
  if (tag == kHold) {
    std::lock_guard<std::mutex> lock(mutex);
    held.push_back(id);
    changed.notify_all();
    return true;
  }
  if (tag == kSay) {
    const std::string chunk(static_cast<const char *>(request.chunk), request.chunk_bytes);
    CHECK(Core::get().requests().say(2, "first " + chunk));
    CHECK(Core::get().requests().say(2, "second " + chunk));
  }
  const int value = fingerprint(request.instance, request.chunk, request.chunk_bytes, request.tag);
  answer(id, value);
  if (tag == kTwice) {
    answer(id, value + 1);
    answer(kUnknownId, value);
  }
  return true;
}

// Answers all that is held, then the stop itself, and takes no more.
void stop(uint32_t id) {
  std::vector<uint32_t> drained;
  {
    std::lock_guard<std::mutex> lock(mutex);
    closed = true;
    drained.swap(held);
  }
  if (settings.says_at_stop) CHECK(!Core::get().requests().say(3, "at the end"));
  for (const uint32_t flush_id : drained) answer(flush_id, kFlbOk);
  answer(id, 0);
  if (settings.never_ends) kinesis::rest_for_ever();
}

// False when the loop is to end.
bool serve(uint32_t id) {
  Request seen{RequestKind::kFlush};
  const bool waits = Core::get().requests().with(id, [&](Request &request) {
    seen.kind = request.kind;
    seen.instance = request.instance;
    seen.chunk = request.chunk;
    seen.chunk_bytes = request.chunk_bytes;
    seen.tag = request.tag;
  });
  if (!waits) return true;
  switch (seen.kind) {
    case RequestKind::kInit:
      pthread_sigmask(SIG_SETMASK, nullptr, &observed.mask);
      answer(id, open_instance(id));
      return true;
    case RequestKind::kFlush:
      return flush(id, seen);
    case RequestKind::kExit:
      if (settings.says_at_exit) CHECK(Core::get().requests().say(3, "at the exit"));
      instances--;
      answer(id, 0);
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

void wait_until_held(size_t count) {
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [count] { return held.size() >= count; });
}

int taken_answers() { return taken; }
int refused_answers() { return refused; }
uint32_t opened_metrics() { return metrics; }
int open_instances() { return instances; }
bool ended() { return at_end; }

}  // namespace stand_in

extern "C" __attribute__((visibility("default"))) int stand_in_core_main(const char *script) {
  using namespace stand_in;
  observe(script);
  if (settings.before_up == BeforeUp::kReturn) return 7;
  if (settings.before_up == BeforeUp::kExit) {
    kinesis::EmbeddedNode::get().core_gone();
    kinesis::rest_for_ever();
  }
  // As OpenSSL does while Node starts: its clean-up is to find Node at its end.
  atexit([] { CHECK(at_end); });
  kinesis::EmbeddedNode::get().core_ready(post);
  while (run_once()) continue;
  // Long enough that an exit of the process which does not wait for this thread is caught.
  usleep(kLastWorkMicroseconds);
  at_end = true;
  return 0;
}
