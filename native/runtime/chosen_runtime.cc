// Chooses the runtime, embedded or process, and passes Fluent Bit's calls to it.
#include "runtime/chosen_runtime.h"

#include <algorithm>
#include <atomic>
#include <cctype>

#include "fluent_bit/coroutine_wait.h"
#include "fluent_bit/flb_proxy_abi.h"
#include "fluent_bit/host_log.h"
#include "platform/loaded_plugin.h"
#include "platform/platform.h"
#include "runtime/embedded/embedded_node.h"
#include "runtime/files_of_node.h"
#include "runtime/process/child_node.h"
#include "runtime/process/run_watch.h"
#include "runtime/process_limits.h"
#include "runtime/start_limit.h"
#include "runtime/time_limits.h"

namespace kinesis {
namespace {

// A level of the host's log, see host_log.h.
constexpr int kWarning = 2;

// Forgets a chunk before the host frees it. A core that was given up after a time without a sign may still take up the
// flush: it then gets no chunk. A core that has the chunk goes on reading it, and nothing can take the chunk away from
// a running script: the host must not free it before.
void forget_chunk(uint32_t id) {
  if (RequestTable::get().forget_chunk(id, false)) return;
  LoadedPlugin::get().report(
      "Node.js has given no sign for " + std::to_string(kStopTimeoutMs / 1000) +
      " s while it reads a chunk; waiting for it, since Fluent Bit would free the chunk's memory");
  RequestTable::get().forget_chunk(id, true);
}

// Makes the core reply immediately to a flush that nothing waits for any more, so that nothing reads its chunk.
void withdraw(uint32_t id) {
  auto request = std::make_shared<Request>(RequestKind::kWithdraw);
  request->instance = id;
  ChosenRuntime::get().call(request);
  forget_chunk(id);
}

// Warns once per process, inside an init, where the host's log can be written to.
void warn_of_slowness(const Runtime &runtime) {
  static std::atomic<bool> is_told{false};
  if (!runtime.interprets() || is_told.exchange(true)) return;
  const std::string message =
      "This process may not execute memory that it has written (systemd's MemoryDenyWriteExecute, SELinux without "
      "execmem, or a filter of system calls), so Node.js interprets (--jitless): a record takes several times the CPU. "
      "Allow it to Fluent Bit for full speed";
  if (has_host_log()) {
    print_to_host_log(kWarning, "[kinesis] " + message);
  } else {
    LoadedPlugin::get().report(message);
  }
}

}  // namespace

ChosenRuntime &ChosenRuntime::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *chosen = new ChosenRuntime();
  return *chosen;
}

// Does not keep a failure: the next init chooses again.
std::string ChosenRuntime::choose() {
  std::string wish = environment_variable("KINESIS_RUNTIME");
  std::transform(wish.begin(), wish.end(), wish.begin(), [](unsigned char letter) { return std::tolower(letter); });
  const bool is_auto = wish.empty() || wish == "auto";
  if (!is_auto && wish != "embedded" && wish != "process") {
    return "Invalid 'KINESIS_RUNTIME' value (" + wish + ") specified, must be embedded, process or auto";
  }
  std::string error;
  bool has_room = true;
  if (is_auto || wish == "embedded") {
    error = EmbeddedNode::get().find(is_auto ? "" : "as set by KINESIS_RUNTIME");
    if (error.empty()) {
      error = shortage_of_addresses();
      if (error.empty()) error = shortage_of_descriptors();
      has_room = error.empty();
    }
    if (error.empty()) {
      runtime_ = &EmbeddedNode::get();
      return "";
    }
    // A user who names a libnode wants that one, if there is room for it.
    if (!is_auto || (has_room && !environment_variable("KINESIS_LIBNODE").empty())) return error;
  }
  const std::string &refusal = EmbeddedNode::get().refusal();
  const std::string reason =
      !is_auto          ? "as set by KINESIS_RUNTIME"
      : !has_room       ? "since Fluent Bit's process has too few addresses (ulimit -v) or descriptors (ulimit -n) left"
      : refusal.empty() ? "since no libnode can be loaded"
                        : "since libnode would use Fluent Bit's libraries: " + refusal;
  const std::string no_program = ChildNode::get().find(reason);
  if (!no_program.empty()) return error.empty() ? no_program : error + "\n" + no_program;
  runtime_ = &ChildNode::get();
  return "";
}

std::string ChosenRuntime::start() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (runtime_ == nullptr) {
      const std::string error = choose();
      if (!error.empty()) return error;
    }
  }
  for (const std::string &complaint :
       {complaint_of_start_timeout(), complaint_of_silence_timeout(), complaint_of_files_of_node()}) {
    if (!complaint.empty()) return complaint;
  }
  const std::string error = runtime()->start();
  if (error.empty()) warn_of_slowness(*runtime());
  return error;
}

Runtime *ChosenRuntime::runtime() {
  std::lock_guard<std::mutex> lock(mutex_);
  return runtime_;
}

int64_t ChosenRuntime::call(const std::shared_ptr<Request> &request) {
  Runtime *place = runtime();
  return place == nullptr ? reply_without_core(request->kind) : place->call(request);
}

uint32_t ChosenRuntime::begin(const std::shared_ptr<Request> &flush) {
  Runtime *place = runtime();
  return place == nullptr ? 0 : place->begin(flush);
}

// The coroutine owns nothing while it waits: the host may free its stack instead of resuming it.
int64_t ChosenRuntime::flush(int64_t instance, const void *chunk, size_t bytes, const char *tag) {
  uint32_t id;
  void *waiter = nullptr;
  bool yields;
  {
    auto request = std::make_shared<Request>(RequestKind::kFlush);
    request->instance = instance;
    request->chunk = chunk;
    request->chunk_bytes = bytes;
    request->tag = tag;
    request->waker = LoopWaker::for_this_flush(withdraw, waiter);
    if (request->waker != nullptr && host_frees_chunks_early() && !request->copy_chunk()) request->waker = nullptr;
    request->waiter = waiter;
    yields = request->waker != nullptr;
    id = begin(request);
  }
  if (id == 0) {
    LoopWaker::remove_unused();
    return kFlbRetry;
  }
  if (!yields) {
    // A waker may have been made for this flush, whose chunk found no room for a copy.
    LoopWaker::remove_unused();
    return RequestTable::get().wait(id).value_or(kFlbRetry);
  }
  LoopWaker::yield(waiter);
  return RequestTable::get().take(id);
}

int64_t ChosenRuntime::exit(int64_t instance) {
  const std::vector<uint32_t> abandoned = RequestTable::get().abandon_instance(instance);
  auto request = std::make_shared<Request>(RequestKind::kExit);
  request->instance = instance;
  const int64_t reply = call(request);
  for (const uint32_t id : abandoned) forget_chunk(id);
  LoopWaker::remove_unused();
  return reply;
}

}  // namespace kinesis
