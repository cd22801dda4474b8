// Finds libnode, runs Node.js on a thread of this process, and stops it. The only file that knows how Node is embedded.
#include "runtime/embedded/embedded_node.h"

#include <chrono>
#include <cstdio>
#include <vector>

#include "fluent_bit/host_metrics.h"
#include "platform/loaded_plugin.h"
#include "platform/platform.h"
#include "platform/thread.h"
#include "runtime/bootstrap.h"
#include "runtime/embedded/abort_trap.h"
#include "runtime/embedded/own_libraries.h"
#include "runtime/embedded/process_state.h"
#include "runtime/embedded/resident_memory.h"
#include "runtime/node_environment.h"
#include "runtime/node_options.h"
#include "runtime/process_limits.h"
#include "runtime/start_limit.h"
#include "runtime/time_limits.h"

namespace kinesis {
namespace {

#ifdef _WIN32
constexpr const char *kLibraryNames[] = {"libnode.dll"};
constexpr const char *kLibnodeHint =
    "Put a libnode.dll (of a Node.js that was built as a library) next to the plugin, or set KINESIS_LIBNODE to its "
    "path";
// As below, in the names of Microsoft's compiler.
constexpr const char *kNodeStartSymbol = "?Start@node@@YAHHQEAPEAD@Z";
#else
// The ABI numbers of Node 26, 25, 24, 22, 20 and 18, as distributions name the library; 109 is Ubuntu's Node 18.
constexpr const char *kLibraryNames[] = {"libnode.so.147", "libnode.so.141", "libnode.so.137", "libnode.so.127",
                                         "libnode.so.115", "libnode.so.109", "libnode.so.108", "libnode.so"};
constexpr const char *kLibnodeHint =
    "Install Node.js as a library: Debian and Ubuntu 'apt-get install libnode-dev' (or its libnodeNNN), "
    "Fedora and RHEL 'dnf install nodejs-libs', Amazon Linux 2023 'dnf install nodejs22-libs'; "
    "or set KINESIS_LIBNODE to the path of a libnode.so";
// node::Start(int, char **): the only C++ symbol that is used; its signature has not changed since Node 0.x.
constexpr const char *kNodeStartSymbol = "_ZN4node5StartEiPPc";
#endif

constexpr size_t kNodeStackBytes = 8 * 1024 * 1024;

std::vector<std::string> library_candidates() {
  const std::string chosen = environment_variable("KINESIS_LIBNODE");
  if (!chosen.empty()) return {chosen};
  const std::string own_folder = folder_of(LoadedPlugin::get().path());
  std::vector<std::string> candidates;
  for (const std::string &folder : {own_folder, path_in(own_folder, "lib")}) {
    for (const char *name : kLibraryNames) candidates.push_back(path_in(folder, name));
  }
  for (const char *name : kLibraryNames) candidates.emplace_back(name);
  return candidates;
}

}  // namespace

EmbeddedNode &EmbeddedNode::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *node = new EmbeddedNode();
  return *node;
}

std::string EmbeddedNode::find(const std::string &reason) {
  reason_ = reason;
  refusal_ = own_libraries_refusal();
  std::string tried;
  for (const std::string &candidate : library_candidates()) {
    if (has_folder(candidate) && !file_exists(candidate)) {
      tried += "\n  " + candidate + ": no such file";
      continue;
    }
    // The loader would wait for the writer of a FIFO.
    const std::string device = has_folder(candidate) ? device_in_place_of(candidate) : "";
    if (!device.empty()) {
      tried += "\n  " + candidate + ": is " + device + "; it must be a regular file";
      continue;
    }
    std::string failure = "not opened";
    void *library = refusal_.empty()                       ? open_with_own_libraries(candidate, failure)
                    : works_with_host_libraries(candidate) ? open_library(candidate, failure)
                                                           : nullptr;
    if (library == nullptr) {
      tried += "\n  " + candidate + ": " + failure;
      continue;
    }
    node_start_ = reinterpret_cast<NodeStartFunction>(symbol_of(library, kNodeStartSymbol));
    library_path_ = candidate;
    if (node_start_ != nullptr) return "";
    tried += "\n  " + candidate + ": has no node::Start, so it is not a Node.js library";
  }
  if (refusal_.empty()) return "cannot load Node.js (libnode). " + std::string(kLibnodeHint) + ". Tried:" + tried;
  return "cannot load Node.js (libnode) so that it uses its own libraries and not Fluent Bit's, since " + refusal_ +
         ". Allow that, or run Node.js in a separate process (KINESIS_RUNTIME=process). Tried:" + tried;
}

std::string EmbeddedNode::place() {
  return "in Fluent Bit's process, from " + library_path_ + (reason_.empty() ? "" : ", " + reason_) +
         (refusal_.empty() ? "" : ", with Fluent Bit's libraries, since " + refusal_);
}

bool EmbeddedNode::interprets() const { return !may_execute_memory(); }

std::string EmbeddedNode::start() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (state_ == State::kNew) {
    const NodeOptions options = read_node_options();
    if (!options.error.empty()) return options.error;
    preloads_ = options.preloads;
    save_process_state();
    map_large_blocks_apart();
    lend_node_options(options.others);
    const std::string error = start_quiet_thread(
        kNodeStackBytes, [] { EmbeddedNode::get().node_thread(); }, thread_);
    if (!error.empty()) {
      restore_node_options();
      return "cannot start a thread for Node.js: " + error;
    }
    state_ = State::kStarting;
    // Registered after libnode was opened, so it runs before libnode's static destructors.
    register_stop();
  }
  const bool is_in_time = changed_.wait_for(lock, std::chrono::milliseconds(start_timeout_ms()),
                                            [this] { return state_ == State::kUp || state_ == State::kGone; });
  if (!is_in_time) give_up_start();
  if (state_ == State::kUp) return "";
  return start_error_.empty() ? "Node.js has stopped and cannot be started a second time in one process" : start_error_;
}

// Node's thread cannot be ended: it goes on, and blocks for ever if it reaches the core. At the end of the process
// nothing waits for it, and nothing cleans up the libraries that it uses.
void EmbeddedNode::give_up_start() {
  restore_process_state();
  restore_node_options();
  start_error_ = "Node.js (" + place() + ") " + lateness();
  state_ = State::kGone;
  abandoned_ = true;
  register_stop();
  changed_.notify_all();
}

void EmbeddedNode::node_thread() {
  name_thread(kNodeThreadName);
  NodeStart start;
  start.own_path = LoadedPlugin::get().path();
  start.preloads = preloads_;
  start.may_execute_memory = may_execute_memory();
  // libuv requires the arguments in one contiguous block.
  std::string block;
  std::vector<size_t> offsets;
  for (const std::string &argument : node_arguments(start)) {
    offsets.push_back(block.size());
    block += argument + '\0';
  }
  std::vector<char *> argv;
  for (size_t offset : offsets) argv.push_back(&block[offset]);
  argv.push_back(nullptr);

  const int status = node_start_(static_cast<int>(offsets.size()), argv.data());
  {
    std::lock_guard<std::mutex> lock(mutex_);
    restore_node_options();
    if (state_ == State::kStarting && start_error_.empty()) {
      start_error_ = "Node.js stopped before the plugin's core was up (status " + std::to_string(status) + ")" +
                     hint_of_node_options();
    }
  }
  core_gone();
  std::lock_guard<std::mutex> lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void EmbeddedNode::core_ready(bool (*post)(uint32_t)) {
  std::unique_lock<std::mutex> lock(mutex_);
  restore_process_state();
  restore_node_options();
  // node::Start unblocked all signals but SIGUSR1 on this thread, and renamed it from Node 24 on.
  block_signals();
  name_thread(kNodeThreadName);
  if (state_ != State::kStarting) {
    lock.unlock();
    core_abandoned();
  }
  const std::string error = install_abort_trap([] {
    EmbeddedNode::get().abandoned_ = true;
    EmbeddedNode::get().core_gone();
  });
  if (!error.empty()) LoadedPlugin::get().report("An abort of Node.js would end Fluent Bit: " + error);
  // Registers the stop once more, so that it also runs before the handlers of Node's start: OpenSSL's clean-up would
  // free memory that Node still uses.
  register_stop();
  post_to_core_ = post;
  state_ = State::kUp;
  changed_.notify_all();
}

void EmbeddedNode::core_refused(const std::string &message) {
  std::lock_guard<std::mutex> lock(mutex_);
  start_error_ = message;
}

void EmbeddedNode::core_gone() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    post_to_core_ = nullptr;
    if (state_ == State::kStarting) {
      restore_process_state();
      restore_node_options();
      if (start_error_.empty())
        start_error_ = "Node.js stopped before the plugin's core was up" + hint_of_node_options();
    }
    if (state_ == State::kUp && !stopping_) {
      LoadedPlugin::get().report("Node.js has stopped. All flushes get retry until Fluent Bit is restarted");
    }
    state_ = State::kGone;
    changed_.notify_all();
  }
  // Nothing can post after this point, so this releases all requests in the table, and none waits for ever.
  RequestTable::get().release_all();
}

void EmbeddedNode::core_abandoned() {
  abandoned_ = true;
  core_gone();
  rest_for_ever();
}

uint32_t EmbeddedNode::begin(const std::shared_ptr<Request> &request) {
  RequestTable &requests = RequestTable::get();
  std::lock_guard<std::mutex> lock(mutex_);
  if (post_to_core_ == nullptr) return 0;
  const uint32_t id = requests.add(request);
  if (!post_to_core_(id)) requests.reply(id, reply_without_core(request->kind));
  return id;
}

int64_t EmbeddedNode::call(const std::shared_ptr<Request> &request) {
  const int64_t when_gone = reply_without_core(request->kind);
  const uint32_t id = begin(request);
  if (id == 0) return when_gone;
  if (request->kind == RequestKind::kInit) return wait_for_init(id);
  // The end of an output must not hang on a core that is stuck.
  return RequestTable::get().wait(id, kStopTimeoutMs).value_or(when_gone);
}

void EmbeddedNode::register_stop() {
  call_at_exit([](int status) { EmbeddedNode::get().stop_at_exit(status); });
}

// At the end of the process: makes the core close its open handles, so that Node's loop ends, and its thread before
// libnode's static destructors run. If that takes too long, leaves the process without the destructors.
void EmbeddedNode::stop_at_exit(int status) {
  if (joined_ || pthread_equal(pthread_self(), thread_)) return;
  HostMetrics::get().close_all();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  call(std::make_shared<Request>(RequestKind::kStop));
  std::unique_lock<std::mutex> lock(mutex_);
  // Does not join with a time limit: that of glibc before 2.31 follows the system clock, which may be set meanwhile.
  const bool is_in_time =
      changed_.wait_for(lock, std::chrono::milliseconds(kStopTimeoutMs), [this] { return has_ended_ || abandoned_; });
  const bool has_ended = has_ended_;
  lock.unlock();
  if (has_ended) {
    joined_ = pthread_join(thread_, nullptr) == 0;
    return;
  }
  if (!is_in_time) LoadedPlugin::get().report("Node.js did not stop in time; leaving the process without its clean-up");
  fflush(nullptr);
  leave_process(status);
}

}  // namespace kinesis
