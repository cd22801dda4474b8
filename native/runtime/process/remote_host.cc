// The host of a core that runs in a process of its own: what the core asks goes through the connection to Fluent Bit's.
#include "runtime/process/remote_host.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "platform/messages.h"
#include "platform/platform.h"
#include "platform/thread.h"
#include "runtime/process/child_process.h"

namespace kinesis {
namespace {

RemoteHost *connected = nullptr;

constexpr size_t kReaderStackBytes = 256 * 1024;
constexpr size_t kSignsStackBytes = 128 * 1024;
constexpr int kFailure = 1;

// See RunWatch.
constexpr std::chrono::milliseconds kBetweenSigns(500);
// No request has it: what is posted so only brings Node's thread by.
constexpr uint32_t kTurn = 0;

constexpr size_t kDiscardedBytes = 64 * 1024;

// A line that is longer than a frame's text can be is cut.
std::string_view within_frame(const std::string &text) { return std::string_view(text).substr(0, kMaxTextBytes); }

// Reads so many bytes and forgets them.
bool discard(const Connection &connection, uint64_t bytes) {
  std::vector<char> part(std::min<uint64_t>(bytes, kDiscardedBytes));
  for (; bytes > 0; bytes -= part.size()) {
    part.resize(std::min<uint64_t>(bytes, part.size()));
    if (!connection.receive(part.data(), part.size())) return false;
  }
  return true;
}

}  // namespace

RemoteHost &RemoteHost::connect(const std::string &names) {
  Messages::get().take_given_standard_error();
  live_as_child();
  connected = new RemoteHost(Connection::of_names(names));
  return *connected;
}

RemoteHost::RemoteHost(const Connection &connection) : connection_(connection) {
  if (!receive_frame(connection_, Way::kToCore, received_) || received_.header.kind != FrameKind::kHello) {
    leave_process(kFailure);
  }
  has_log_ = received_.header.number == 1;
  place_ = received_.text;
}

void RemoteHost::ready(bool (*post)(uint32_t)) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    post_ = post;
  }
  pthread_t thread;
  std::string error = start_quiet_thread(
      kReaderStackBytes, [] { connected->read(); }, thread);
  if (error.empty()) {
    error = start_quiet_thread(
        kSignsStackBytes, [] { connected->give_signs(); }, thread);
  }
  if (!error.empty()) {
    refuse("cannot start a thread in the process of Node.js: " + error);
    leave_process(kFailure);
  }
  send({FrameKind::kReady});
}

void RemoteHost::refuse(const std::string &message) { send({FrameKind::kRefusal}, within_frame(message)); }

// The process ends by itself, and with it the connection, by which the host learns of it. Frames may come until then.
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
  while (receive()) continue;
  leave_process(kFailure);
}

// The first sign of a request comes half a second after it, so that those of short ones need none.
void RemoteHost::give_signs() {
  name_thread("kinesis-signs");
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    requested_.wait(lock, [this] { return !requests_.empty(); });
    lock.unlock();
    std::this_thread::sleep_for(kBetweenSigns);
    lock.lock();
    if (requests_.empty()) continue;
    const bool has_turned = std::exchange(has_turned_, false);
    if (!is_turn_posted_) is_turn_posted_ = post_ != nullptr && post_(kTurn);
    lock.unlock();
    send({FrameKind::kSign, 0, has_turned ? 1 : 0});
    lock.lock();
  }
}

bool RemoteHost::receive() {
  if (!receive_frame(connection_, Way::kToCore, received_)) return false;
  switch (received_.header.kind) {
    case FrameKind::kChunk:
      return receive_chunk(received_.header);
    case FrameKind::kQuestionReply:
      return receive_reply(std::move(received_));
    case FrameKind::kHello:
      return false;
    default:
      return receive_request(received_);
  }
}

bool RemoteHost::receive_request(const Frame &frame) {
  const FrameHeader &header = frame.header;
  if (header.id == kTurn) return false;
  Received received;
  received.task = {static_cast<RequestKind>(header.kind), header.number, header.chunk_bytes, header.blocks != 0,
                   frame.text};
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!requests_.emplace(header.id, std::move(received)).second) return false;
    if (requests_.size() == 1) requested_.notify_one();
  }
  // A core that takes no more is about to end, which releases all waiting threads.
  post(header.id);
  return true;
}

// Of a flush that was answered meanwhile nobody wants the chunk, which is read all the same.
bool RemoteHost::receive_chunk(const FrameHeader &header) {
  std::unique_ptr<char[]> chunk;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = requests_.find(header.id);
    if (found != requests_.end()) {
      const Received &received = found->second;
      if (received.has_chunk || !received.is_chunk_asked) return false;
      if (header.number >= 0 && header.data_bytes != received.task.chunk_bytes) return false;
      chunk.reset(new char[header.data_bytes]);
    }
  }
  if (chunk == nullptr) return discard(connection_, header.data_bytes);
  if (!connection_.receive(chunk.get(), header.data_bytes)) return false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = requests_.find(header.id);
    if (found == requests_.end()) return true;
    Received &received = found->second;
    if (header.number >= 0) received.chunk = std::move(chunk);
    received.task.chunk_bytes = header.data_bytes;
    received.task.kind = RequestKind::kChunk;
    received.has_chunk = true;
  }
  post(header.id);
  return true;
}

bool RemoteHost::receive_reply(Frame frame) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!is_asking_) return false;
  is_asking_ = false;
  reply_ = std::move(frame);
  replied_.notify_one();
  return true;
}

void RemoteHost::send(const FrameHeader &header, std::string_view text, const void *data, size_t data_bytes) {
  std::lock_guard<std::mutex> lock(sending_);
  if (!send_frame(connection_, header, text, data, data_bytes)) leave_process(kFailure);
}

Frame RemoteHost::ask(const FrameHeader &question, std::string_view text) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_asking_ = true;
  }
  send(question, text);
  std::unique_lock<std::mutex> lock(mutex_);
  replied_.wait(lock, [this] { return reply_.has_value(); });
  Frame reply = std::move(*reply_);
  reply_.reset();
  return reply;
}

std::optional<Task> RemoteHost::take(uint32_t request_id) {
  std::lock_guard<std::mutex> lock(mutex_);
  has_turned_ = true;
  if (request_id == kTurn) {
    is_turn_posted_ = false;
    return std::nullopt;
  }
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return std::nullopt;
  return found->second.task;
}

std::optional<Chunk> RemoteHost::chunk(uint32_t request_id) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = requests_.find(request_id);
    if (found == requests_.end()) return Chunk{};
    Received &received = found->second;
    if (received.has_chunk) return Chunk{received.chunk.get(), received.task.chunk_bytes};
    received.is_chunk_asked = true;
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
  send({FrameKind::kReply, request_id, value});
}

std::optional<std::string> RemoteHost::option(uint32_t request_id, const std::string &key) {
  Frame reply = ask({FrameKind::kOption, request_id}, key);
  if (reply.header.number < 0) return std::nullopt;
  return std::move(reply.text);
}

std::vector<std::string> RemoteHost::set_options(uint32_t request_id, const std::vector<std::string> &names) {
  auto set = texts_of(ask({FrameKind::kSetOptions, request_id}, text_of(names)).text);
  if (!set) leave_process(kFailure);
  return std::move(*set);
}

std::optional<LogIdentity> RemoteHost::log_identity(uint32_t request_id) {
  Frame reply = ask({FrameKind::kLogIdentity, request_id});
  if (reply.header.number < 0) return std::nullopt;
  return LogIdentity{std::move(reply.text), static_cast<int>(reply.header.number)};
}

// Before the core is up nobody waits, and nobody reads.
bool RemoteHost::log(int level, const std::string &text) {
  return post_ != nullptr && ask({FrameKind::kLog, 0, level}, within_frame(text)).header.number == 1;
}

uint32_t RemoteHost::open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) {
  return static_cast<uint32_t>(ask({FrameKind::kOpenMetrics, request_id}, text_of(definitions)).header.number);
}

uint32_t RemoteHost::add_metric_series(uint32_t set, const std::string &label, const std::string &value) {
  const std::vector<std::string> texts{label, value};
  return static_cast<uint32_t>(ask({FrameKind::kAddSeries, set}, text_of(texts)).header.number);
}

bool RemoteHost::update_metrics(uint32_t set, const double *pairs, size_t count) {
  send({FrameKind::kMetrics, set}, {}, pairs, count * 2 * sizeof(double));
  return true;
}

// In a frame it comes before the answer to the request that it is about.
void RemoteHost::write_message(const std::string &text) {
  if (!has_standard_error_of_host()) {
    send({FrameKind::kMessage}, within_frame(text));
    return;
  }
  const std::string_view whole = text;
  Messages::get().write(&whole, 1);
}

void RemoteHost::exit_process(int status) {
  send({FrameKind::kExitProcess, 0, status});
  rest_for_ever();
}

}  // namespace kinesis
