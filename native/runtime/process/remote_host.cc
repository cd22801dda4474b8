// The host of a core in a separate process: forwards the core's calls over the connection to Fluent Bit's process.
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

// Interval of the signs of life, see RunWatch.
constexpr std::chrono::milliseconds kBetweenSigns(500);
// Id that no request has: posting it only makes Node's thread run.
constexpr uint32_t kTurn = 0;

constexpr size_t kDiscardedBytes = 64 * 1024;

// Cuts a line to the maximum length of a frame's text.
std::string_view within_frame(const std::string &text) { return std::string_view(text).substr(0, kMaxTextBytes); }

// Reads `bytes` bytes and discards them.
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
  if (!receive_frame(connection_, Direction::kToCore, received_) || received_.header.kind != FrameKind::kHello) {
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

// The process ends by itself, and the connection with it, which the host sees. Frames may come until then.
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

// The first sign of a request comes 500 ms after it, so that short requests need none.
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
  if (!receive_frame(connection_, Direction::kToCore, received_)) return false;
  switch (received_.header.kind) {
    case FrameKind::kChunk:
      return receive_chunk(received_.header);
    case FrameKind::kReturn:
      return receive_return(std::move(received_));
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
  // A core that takes no more requests is about to end, which releases all waiting threads.
  post(header.id);
  return true;
}

// The chunk of a flush that has its reply meanwhile is read and discarded.
bool RemoteHost::receive_chunk(const FrameHeader &header) {
  std::unique_ptr<char[]> chunk;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = requests_.find(header.id);
    if (found != requests_.end()) {
      const Received &received = found->second;
      if (received.has_chunk || !received.is_chunk_requested) return false;
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

bool RemoteHost::receive_return(Frame frame) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!is_calling_) return false;
  is_calling_ = false;
  return_ = std::move(frame);
  returned_.notify_one();
  return true;
}

void RemoteHost::send(const FrameHeader &header, std::string_view text, const void *data, size_t data_bytes) {
  std::lock_guard<std::mutex> lock(sending_);
  if (!send_frame(connection_, header, text, data, data_bytes)) leave_process(kFailure);
}

Frame RemoteHost::call(const FrameHeader &header, std::string_view text) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_calling_ = true;
  }
  send(header, text);
  std::unique_lock<std::mutex> lock(mutex_);
  returned_.wait(lock, [this] { return return_.has_value(); });
  Frame result = std::move(*return_);
  return_.reset();
  return result;
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
    received.is_chunk_requested = true;
  }
  send({FrameKind::kWantChunk, request_id});
  return std::nullopt;
}

void RemoteHost::extend(uint32_t request_id) { send({FrameKind::kExtend, request_id}); }

void RemoteHost::reply(uint32_t request_id, int64_t value) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (requests_.erase(request_id) == 0) return;
  }
  send({FrameKind::kReply, request_id, value});
}

std::optional<std::string> RemoteHost::option(uint32_t request_id, const std::string &key) {
  Frame result = call({FrameKind::kOption, request_id}, key);
  if (result.header.number < 0) return std::nullopt;
  return std::move(result.text);
}

std::vector<std::string> RemoteHost::set_options(uint32_t request_id, const std::vector<std::string> &names) {
  auto set = texts_of(call({FrameKind::kSetOptions, request_id}, text_of(names)).text);
  if (!set) leave_process(kFailure);
  return std::move(*set);
}

std::optional<LogIdentity> RemoteHost::log_identity(uint32_t request_id) {
  Frame result = call({FrameKind::kLogIdentity, request_id});
  if (result.header.number < 0) return std::nullopt;
  return LogIdentity{std::move(result.text), static_cast<int>(result.header.number)};
}

// Before the core is up, no thread of the host waits, and no thread here reads.
bool RemoteHost::log(int level, const std::string &text) {
  return post_ != nullptr && call({FrameKind::kLog, 0, level}, within_frame(text)).header.number == 1;
}

uint32_t RemoteHost::open_metrics(uint32_t request_id, const std::vector<MetricDefinition> &definitions) {
  return static_cast<uint32_t>(call({FrameKind::kOpenMetrics, request_id}, text_of(definitions)).header.number);
}

uint32_t RemoteHost::add_metric_series(uint32_t set, const std::string &label, const std::string &value) {
  const std::vector<std::string> texts{label, value};
  return static_cast<uint32_t>(call({FrameKind::kAddSeries, set}, text_of(texts)).header.number);
}

bool RemoteHost::update_metrics(uint32_t set, const double *pairs, size_t count) {
  send({FrameKind::kMetrics, set}, {}, pairs, count * 2 * sizeof(double));
  return true;
}

// In a frame, the text arrives before the reply to the request that it is about.
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
