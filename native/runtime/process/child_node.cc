// Runs the core in a process of the program node, and restarts the process when it ends.
#include "runtime/process/child_node.h"

#include <algorithm>
#include <chrono>

#include "fluent_bit/flb_proxy_abi.h"
#include "fluent_bit/host_log.h"
#include "platform/loaded_plugin.h"
#include "platform/log_text.h"
#include "platform/messages.h"
#include "platform/platform.h"
#include "platform/thread.h"
#include "runtime/bootstrap.h"
#include "runtime/embedded/local_host.h"
#include "runtime/node_environment.h"
#include "runtime/process/core_service.h"
#include "runtime/process/node_program.h"
#include "runtime/process_limits.h"
#include "runtime/start_limit.h"
#include "runtime/time_limits.h"

namespace kinesis {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kSupervisorStackBytes = 512 * 1024;
// Pause between the end of a run and the next: doubled each time, except after a long run.
constexpr int64_t kFirstPauseMs = 100;
constexpr int64_t kMaxPauseMs = 30000;
constexpr int64_t kLongRunMs = 60000;

// A level of the host's log, see host_log.h.
constexpr int kError = 1;

// Writes to the host's log where a waiting thread can, else to standard error.
void complain(const std::string &message) {
  if (!LocalHost::get().log(kError, "[kinesis] " + log_text(message))) LoadedPlugin::get().report(message);
}

}  // namespace

ChildNode &ChildNode::get() {
  // Never destroyed: its thread may outlive static destruction.
  static auto *node = new ChildNode();
  return *node;
}

std::string ChildNode::find(const std::string &reason) {
  reason_ = reason;
  return find_node_program(program_);
}

std::string ChildNode::place() { return "in a separate process, from " + program_ + ", " + reason_; }

bool ChildNode::interprets() const { return !may_child_execute_memory(); }

std::string ChildNode::start() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (state_ == State::kNew) {
    NodeOptions options = read_node_options();
    if (!options.error.empty()) return options.error;
    for (const std::string &shortage : {shortage_of_addresses_in_child(), shortage_of_descriptors_in_child()}) {
      if (!shortage.empty()) return shortage;
    }
    preloads_ = std::move(options.preloads);
    environment_ = environment_of_node(options.others);
    start_error_.clear();
    pthread_t thread;
    const std::string error = start_quiet_thread(
        kSupervisorStackBytes, [] { ChildNode::get().supervise(); }, thread);
    if (!error.empty()) return "cannot start a thread for Node.js: " + error;
    pthread_detach(thread);
    state_ = State::kStarting;
    static const bool is_registered = (call_at_exit([](int) { ChildNode::get().stop_at_exit(); }), true);
    (void)is_registered;
  }
  // The supervisor has the same limit for each run; the rest is for a system that does not even start or end the
  // program.
  const bool is_in_time = changed_.wait_for(lock, milliseconds(start_timeout_ms() + kProcessEndTimeoutMs),
                                            [this] { return state_ == State::kUp || state_ == State::kNew; });
  if (!is_in_time) return "Node.js (" + program_ + ") " + lateness();
  return state_ == State::kUp ? "" : start_error_;
}

// The first run has to come up, or the waiting init fails and the next init starts anew; every later run is restarted
// for ever.
void ChildNode::supervise() {
  name_thread("kinesis-child");
  bool was_up = false;
  for (int64_t pause_ms = kFirstPauseMs;;) {
    const auto began = Clock::now();
    std::string ending;
    was_up = run_once(ending) || was_up;
    if (Clock::now() - began >= milliseconds(kLongRunMs)) pause_ms = kFirstPauseMs;

    std::unique_lock<std::mutex> lock(mutex_);
    std::string message = "The process of Node.js " + ending;
    if (!refusal_.empty()) message += ": " + refusal_;
    if (!was_up) start_error_ = refusal_.empty() ? "Node.js (" + program_ + ") " + ending : refusal_;
    refusal_.clear();
    state_ = was_up ? State::kDown : State::kNew;
    const bool is_last = !was_up || stopping_;
    changed_.notify_all();
    lock.unlock();
    if (!is_last) {
      complain(message + ". It is started again in " + std::to_string(pause_ms) + " ms; chunks under way get retry");
    }
    // Until the first core was up, no request waited for it; requests that wait now may wait for the next run.
    if (was_up) RequestTable::get().release_all();
    if (is_last) return;
    lock.lock();
    changed_.wait_for(lock, milliseconds(pause_ms), [this] { return stopping_; });
    if (stopping_) return;
    state_ = State::kStarting;
    pause_ms = std::min(2 * pause_ms, kMaxPauseMs);
  }
}

// Runs the program once. Sets `ending` to how the run ended. Returns true when the core came up.
bool ChildNode::run_once(std::string &ending) {
  auto run = std::make_shared<Run>();
  std::string error = launch(*run);
  if (!error.empty()) {
    ending = "cannot be started: " + error;
    return false;
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    launched_ = run;
    if (stopping_) run->process.kill();
  }
  error = run->watch.start([this, watched = run.get()] { end(*watched); });
  const bool was_up =
      error.empty() && send(*run, {FrameKind::kHello, 0, LocalHost::get().has_log() ? 1 : 0}, place()) && read(run);
  run->watch.stop();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    run_.reset();
  }
  run->connection.shut_down();
  const bool has_ended = run->process.has_ended_within(kProcessEndTimeoutMs);
  {
    // No other thread may kill it any more: its number is free once it was waited for.
    std::lock_guard<std::mutex> lock(mutex_);
    launched_.reset();
  }
  if (!has_ended) run->process.kill();
  // A process that hangs in the kernel ends late, and requests must not wait for that.
  const bool is_gone = has_ended || run->process.has_ended_within(kProcessEndTimeoutMs);
  const std::string status = is_gone ? run->process.wait() : "no status yet, although it was killed";
  const std::string &verdict = run->watch.verdict();
  ending = !error.empty()     ? "was ended, since no thread can watch it: " + error
           : !verdict.empty() ? verdict + (was_up ? ", and was killed" : "")
           : was_up           ? "ended with " + status
                              : "ended before the plugin's core was up: " + status + hint_of_addresses_in_child() +
                          hint_of_node_options();
  return was_up;
}

// Called on the thread of the run's watch. If the program is a script that started Node as another process, that
// process sees the end of its connection.
void ChildNode::end(Run &run) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (launched_.get() == &run) run.process.kill();
  }
  run.connection.shut_down();
}

std::string ChildNode::launch(Run &run) {
  ConnectionPair pair;
  const std::string error = pair.open();
  if (!error.empty()) return error;
  run.connection = pair.ours;

  NodeStart start;
  start.own_path = LoadedPlugin::get().path();
  start.connection = pair.theirs.names();
  start.preloads = preloads_;
  start.may_execute_memory = may_child_execute_memory();
  std::vector<std::string> arguments = node_arguments(start);
  arguments.front() = program_;
  return run.process.start(program_, arguments, environment_, pair.theirs, Messages::get().descriptor());
}

// Reads frames until the connection ends. Returns true when the core came up.
bool ChildNode::read(const std::shared_ptr<Run> &run) {
  CoreService service([&](const FrameHeader &header, std::string_view text, const void *data, size_t data_bytes) {
    return send(*run, header, text, data, data_bytes);
  });
  Frame frame;
  std::vector<double> pairs;
  bool is_up = false;
  while (receive_frame(run->connection, Direction::kToHost, frame)) {
    pairs.resize(frame.header.data_bytes / sizeof(double));
    if (!run->connection.receive(pairs.data(), frame.header.data_bytes)) break;
    run->watch.sign();
    if (frame.header.kind != FrameKind::kSign || frame.header.number == 1) run->watch.turn();
    if (frame.header.kind == FrameKind::kReady) {
      if (is_up) break;
      is_up = true;
      run->watch.came_up();
      std::lock_guard<std::mutex> lock(mutex_);
      run->number = ++last_run_;
      run_ = run;
      state_ = State::kUp;
      changed_.notify_all();
    } else if (frame.header.kind == FrameKind::kRefusal) {
      std::lock_guard<std::mutex> lock(mutex_);
      refusal_ = frame.text;
    } else if (!service.serve(frame, pairs)) {
      break;
    }
  }
  return is_up;
}

bool ChildNode::send(Run &run, const FrameHeader &header, std::string_view text, const void *data, size_t data_bytes) {
  std::lock_guard<std::mutex> lock(run.sending);
  if (send_frame(run.connection, header, text, data, data_bytes)) return true;
  // Half a frame may have been sent.
  run.connection.shut_down();
  return false;
}

int64_t ChildNode::call(const std::shared_ptr<Request> &request) {
  if (request->kind == RequestKind::kInit) return open(request);
  if (request->kind == RequestKind::kExit) return close(request);
  return forward_and_wait(request, current_run());
}

int64_t ChildNode::open(const std::shared_ptr<Request> &request) {
  const std::shared_ptr<Run> run = current_run();
  const int64_t reply = forward_and_wait(request, run);
  if (reply != kFlbOk) return reply;
  auto instance = std::make_shared<Instance>(*request->host_instance);
  instance->host.forget_host();
  instance->run = run->number;
  std::lock_guard<std::mutex> lock(mutex_);
  instances_.emplace(request->instance, std::move(instance));
  return reply;
}

uint32_t ChildNode::begin(const std::shared_ptr<Request> &flush) {
  std::shared_ptr<Instance> instance;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = instances_.find(flush->instance);
    if (found == instances_.end()) return 0;
    instance = found->second;
  }
  const std::shared_ptr<Run> run = current_run();
  if (run == nullptr) return 0;
  {
    // The first flush that comes initialises the instance in a run that has begun since; other flushes wait for that.
    std::lock_guard<std::mutex> opening(instance->opening);
    if (instance->run != run->number) {
      auto init = std::make_shared<Request>(RequestKind::kInit);
      init->instance = flush->instance;
      init->host_instance = &instance->host;
      if (forward_and_wait(init, run) != kFlbOk) return 0;
      // close() may read it meanwhile.
      std::lock_guard<std::mutex> lock(mutex_);
      instance->run = run->number;
    }
  }
  return forward(flush, run);
}

int64_t ChildNode::close(const std::shared_ptr<Request> &request) {
  std::shared_ptr<Run> run;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = instances_.find(request->instance);
    if (found == instances_.end()) return kFlbOk;
    const std::shared_ptr<Instance> instance = found->second;
    instances_.erase(found);
    run = run_;
    // A run that does not know the instance has nothing to close.
    if (run == nullptr || instance->run != run->number) return kFlbOk;
  }
  return forward_and_wait(request, run);
}

std::shared_ptr<ChildNode::Run> ChildNode::current_run() {
  std::lock_guard<std::mutex> lock(mutex_);
  return run_;
}

uint32_t ChildNode::forward(const std::shared_ptr<Request> &request, const std::shared_ptr<Run> &run) {
  RequestTable &requests = RequestTable::get();
  FrameHeader header{static_cast<FrameKind>(request->kind), 0, request->instance};
  header.chunk_bytes = request->chunk_bytes;
  header.blocks = request->waker == nullptr ? 1 : 0;
  {
    // Requests in the table are released only after run_ is reset, so this one cannot be missed.
    std::lock_guard<std::mutex> lock(mutex_);
    if (run == nullptr || run_ != run) return 0;
    header.id = requests.add(request);
  }
  run->watch.request_added();
  if (!send(*run, header, request->tag)) requests.reply(header.id, reply_without_core(request->kind));
  return header.id;
}

int64_t ChildNode::forward_and_wait(const std::shared_ptr<Request> &request, const std::shared_ptr<Run> &run) {
  const int64_t when_gone = reply_without_core(request->kind);
  const uint32_t id = forward(request, run);
  if (id == 0) return when_gone;
  if (request->kind == RequestKind::kInit) return wait_for_init(id);
  const std::optional<int64_t> reply = RequestTable::get().wait(id, kStopTimeoutMs);
  if (!reply && request->kind != RequestKind::kStop) {
    // A chunk may still be on its way to the silent process, but becomes the host's memory again: the process is ended.
    complain("The process of Node.js has not replied for " + std::to_string(kStopTimeoutMs / 1000) + " s and is ended");
    run->connection.shut_down();
    std::lock_guard<std::mutex> sent(run->sending);
  }
  return reply.value_or(when_gone);
}

// At the end of the process: stops the core, and waits until its process has ended. A core that is not up yet has
// nothing to lose.
void ChildNode::stop_at_exit() {
  HostMetrics::get().close_all();
  std::unique_lock<std::mutex> lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  if (run_ != nullptr) {
    lock.unlock();
    call(std::make_shared<Request>(RequestKind::kStop));
    lock.lock();
  } else if (launched_ != nullptr) {
    launched_->process.kill();
  }
  const auto has_ended = [this] { return state_ == State::kDown || state_ == State::kNew; };
  if (changed_.wait_for(lock, milliseconds(kStopTimeoutMs), has_ended)) return;
  LoadedPlugin::get().report("Node.js did not stop in time; its process is ended without its clean-up");
  if (launched_ != nullptr) launched_->process.kill();
}

}  // namespace kinesis
