// The host of a core in this process. core_service.cc also uses it, for the calls of a core in a separate process.
#include "runtime/embedded/local_host.h"

#include "fluent_bit/host_log.h"
#include "platform/messages.h"
#include "platform/platform.h"
#include "runtime/embedded/embedded_node.h"
#include "runtime/time_limits.h"

namespace kinesis {
namespace {

// Lowest and highest level of the host's log, which has a title for these only: see host_log.h.
constexpr int kMinLogLevel = 1;
constexpr int kMaxLogLevel = 4;

}  // namespace

LocalHost &LocalHost::get() {
  static auto *host = new LocalHost();
  return *host;
}

void LocalHost::ready(bool (*post)(uint32_t)) { EmbeddedNode::get().core_ready(post); }

void LocalHost::refuse(const std::string &message) { EmbeddedNode::get().core_refused(message); }

void LocalHost::gone() { EmbeddedNode::get().core_gone(); }

void LocalHost::abandoned() { EmbeddedNode::get().core_abandoned(); }

std::optional<Task> LocalHost::take(uint32_t request_id) {
  std::optional<Task> task;
  RequestTable::get().with(request_id, [&](Request &request) {
    task = Task{request.kind, request.instance, request.chunk_bytes, request.waker == nullptr, request.tag};
  });
  return task;
}

std::optional<Chunk> LocalHost::chunk(uint32_t request_id) {
  Chunk chunk;
  RequestTable::get().with(request_id, [&](Request &request) {
    chunk = {request.chunk, request.chunk_bytes};
    request.is_read = request.chunk != nullptr && !request.is_copied();
  });
  return chunk;
}

void LocalHost::extend(uint32_t request_id) { RequestTable::get().extend(request_id, kStopTimeoutMs); }

void LocalHost::reply(uint32_t request_id, int64_t value) { RequestTable::get().reply(request_id, value); }

// The host's thread is blocked in FLBPluginInit meanwhile, so the instance may be read. Nothing of Node is called under
// the table's lock: if that aborted, the lock would be needed to release the waiting threads.
std::optional<std::string> LocalHost::option(uint32_t request_id, const std::string &key) {
  std::optional<std::string> value;
  RequestTable::get().with(request_id, [&](Request &request) {
    if (request.host_instance != nullptr) value = request.host_instance->option(key);
  });
  return value;
}

std::vector<std::string> LocalHost::set_options(uint32_t request_id, const std::vector<std::string> &names) {
  std::vector<std::string> set;
  RequestTable::get().with(request_id, [&](Request &request) {
    if (request.host_instance == nullptr) return;
    for (const std::string &name : names) {
      if (request.host_instance->is_set(name)) set.push_back(name);
    }
  });
  return set;
}

std::optional<LogIdentity> LocalHost::log_identity(uint32_t request_id) {
  std::optional<LogIdentity> identity;
  RequestTable::get().with(request_id, [&](Request &request) {
    if (request.host_instance != nullptr) identity = request.host_instance->log_identity();
  });
  return identity;
}

bool LocalHost::has_log() { return has_host_log(); }

bool LocalHost::log(int level, const std::string &text) {
  return has_host_log() && level >= kMinLogLevel && level <= kMaxLogLevel && RequestTable::get().log(level, text);
}

// An instance whose core starts anew keeps its metrics.
uint32_t LocalHost::open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) {
  uint32_t set = 0;
  RequestTable::get().with(request_id, [&](Request &request) {
    if (request.host_instance == nullptr) return;
    HostInstance &instance = *request.host_instance;
    if (instance.metrics == 0) {
      instance.metrics = HostMetrics::get().open(instance.output_instance(), definitions);
    } else {
      HostMetrics::get().reset_gauges(instance.metrics);
    }
    set = instance.metrics;
  });
  return set;
}

uint32_t LocalHost::add_metric_series(uint32_t set, const std::string &label, const std::string &value) {
  return HostMetrics::get().add_series(set, label, value);
}

bool LocalHost::update_metrics(uint32_t set, const double *pairs, size_t count) {
  return HostMetrics::get().update(set, pairs, count);
}

std::string LocalHost::place() { return EmbeddedNode::get().place(); }

void LocalHost::write_message(const std::string &text) {
  const std::string_view whole = text;
  Messages::get().write(&whole, 1);
}

void LocalHost::exit_process(int status) { leave_process(status); }

}  // namespace kinesis
