// The host of a core that runs in a process of its own: what the core asks goes through the connection to Fluent Bit's.
#include "runtime/process/remote_host.h"

#include "platform/platform.h"
#include "platform/thread.h"
#include "runtime/process/child_process.h"

namespace kinesis {
namespace {

RemoteHost *connected = nullptr;

constexpr size_t kReaderStackBytes = 256 * 1024;
constexpr int kFailure = 1;

}  // namespace

RemoteHost &RemoteHost::connect(const std::string &names) {
  connected = new RemoteHost(Connection::of_names(names));
  return *connected;
}

RemoteHost::RemoteHost(const Connection &connection) : connection_(connection) {
  live_as_child();
  Frame hello;
  if (!receive_frame(connection_, hello) || hello.header.kind != FrameKind::kHello) leave_process(kFailure);
  has_log_ = hello.header.number == 1;
  place_ = hello.text;
}

void RemoteHost::ready(bool (*post)(uint32_t)) {
  post_ = post;
  pthread_t reader;
  const std::string error = start_quiet_thread(
      kReaderStackBytes, [] { connected->read(); }, reader);
  if (!error.empty()) {
    refuse("cannot start a thread in the process of Node.js: " + error);
    leave_process(kFailure);
  }
  send({FrameKind::kReady});
}

void RemoteHost::refuse(const std::string &message) { send({FrameKind::kRefusal}, message); }

// The process ends by itself, and with it the connection, which tells the host. Frames may come until then.
void RemoteHost::gone() {
  std::lock_guard<std::mutex> lock(mutex_);
  post_ = nullptr;
}

void RemoteHost::post(uint32_t request_id) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (post_ != nullptr) post_(request_id);
}

void RemoteHost::abandoned() { leave_process(kFailure); }

void RemoteHost::read() {
  name_thread("kinesis-reader");
  Frame frame;
  while (receive_frame(connection_, frame)) {
    if (frame.header.kind == FrameKind::kChunk) {
      receive_chunk(frame.header);
      continue;
    }
    if (frame.header.kind != FrameKind::kReply) {
      receive_request(frame);
      continue;
    }
    std::lock_guard<std::mutex> lock(mutex_);
    reply_ = std::move(frame);
    replied_.notify_one();
  }
  leave_process(kFailure);
}

void RemoteHost::receive_request(const Frame &frame) {
  const FrameHeader &header = frame.header;
  Received received;
  received.task = {static_cast<RequestKind>(header.kind), header.number, header.chunk_bytes, header.blocks != 0,
                   frame.text};
  {
    std::lock_guard<std::mutex> lock(mutex_);
    requests_.insert_or_assign(header.id, std::move(received));
  }
  // A core that takes no more is about to end, which releases whoever waits.
  post(header.id);
}

void RemoteHost::receive_chunk(const FrameHeader &header) {
  std::unique_ptr<char[]> chunk(new char[header.data_bytes]);
  if (!connection_.receive(chunk.get(), header.data_bytes)) leave_process(kFailure);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = requests_.find(header.id);
    // It was answered meanwhile.
    if (found == requests_.end()) return;
    Received &received = found->second;
    if (header.number >= 0) received.chunk = std::move(chunk);
    received.task.chunk_bytes = header.data_bytes;
    received.task.kind = RequestKind::kChunk;
    received.has_chunk = true;
  }
  post(header.id);
}

void RemoteHost::send(const FrameHeader &header, std::string_view text, const void *data, size_t data_bytes) {
  if (!send_frame(connection_, header, text, data, data_bytes)) leave_process(kFailure);
}

Frame RemoteHost::ask(const FrameHeader &question, std::string_view text) {
  send(question, text);
  std::unique_lock<std::mutex> lock(mutex_);
  replied_.wait(lock, [this] { return reply_.has_value(); });
  Frame reply = std::move(*reply_);
  reply_.reset();
  return reply;
}

std::optional<Task> RemoteHost::take(uint32_t request_id) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return std::nullopt;
  return found->second.task;
}

std::optional<Chunk> RemoteHost::chunk(uint32_t request_id) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = requests_.find(request_id);
    if (found == requests_.end()) return Chunk{};
    const Received &received = found->second;
    if (received.has_chunk) return Chunk{received.chunk.get(), received.task.chunk_bytes};
  }
  send({FrameKind::kWantChunk, request_id});
  return std::nullopt;
}

void RemoteHost::extend(uint32_t request_id) { send({FrameKind::kExtend, request_id}); }

void RemoteHost::answer(uint32_t request_id, int64_t value) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (requests_.erase(request_id) == 0) return;
  }
  send({FrameKind::kAnswer, request_id, value});
}

std::optional<std::string> RemoteHost::option(uint32_t request_id, const std::string &key) {
  Frame reply = ask({FrameKind::kOption, request_id}, key);
  if (reply.header.number < 0) return std::nullopt;
  return std::move(reply.text);
}

std::vector<std::string> RemoteHost::set_options(uint32_t request_id, const std::vector<std::string> &names) {
  return texts_of(ask({FrameKind::kSetOptions, request_id}, text_of(names)).text);
}

std::optional<LogIdentity> RemoteHost::log_identity(uint32_t request_id) {
  Frame reply = ask({FrameKind::kLogIdentity, request_id});
  if (reply.header.number < 0) return std::nullopt;
  return LogIdentity{std::move(reply.text), static_cast<int>(reply.header.number)};
}

// Before the core is up nobody waits, and nobody reads.
bool RemoteHost::log(int level, const std::string &text) {
  return post_ != nullptr && ask({FrameKind::kLog, 0, level}, text).header.number == 1;
}

uint32_t RemoteHost::open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) {
  return static_cast<uint32_t>(ask({FrameKind::kOpenMetrics, request_id}, text_of(definitions)).header.number);
}

bool RemoteHost::update_metrics(uint32_t set, const double *pairs, size_t count) {
  send({FrameKind::kMetrics, set}, {}, pairs, count * 2 * sizeof(double));
  return true;
}

// Standard error, which the host gave.
int RemoteHost::message_descriptor() { return 2; }

void RemoteHost::exit_process(int status) {
  send({FrameKind::kExitProcess, 0, status});
  rest_for_ever();
}

}  // namespace kinesis
