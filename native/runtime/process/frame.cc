// What goes through the connection between Fluent Bit's process and the core's: frames of a header, a text and data.
#include "runtime/process/frame.h"

#include <cstring>

namespace kinesis {
namespace {

// Fluent Bit passes lengths as an int.
constexpr uint64_t kMaxChunkBytes = INT32_MAX;
// Far above a pair for each series of an instance's metrics.
constexpr uint64_t kMaxPairBytes = 1024 * 1024;
constexpr uint64_t kPairBytes = 2 * sizeof(double);

// The least that a text takes, and a definition: its counts.
constexpr size_t kLeastTextBytes = sizeof(uint32_t);
constexpr size_t kLeastDefinitionBytes = 6 * sizeof(uint32_t);

bool has_sound_lengths(const FrameHeader &header, Way way) {
  const bool has_text = header.text_bytes > 0, has_data = header.data_bytes > 0;
  if (header.text_bytes > kMaxTextBytes) return false;
  switch (header.kind) {
    case FrameKind::kFlush:
      return way == Way::kToCore && !has_data && header.chunk_bytes <= kMaxChunkBytes && header.blocks <= 1;
    case FrameKind::kHello:
    case FrameKind::kQuestionReply:
      return way == Way::kToCore && !has_data;
    case FrameKind::kInit:
    case FrameKind::kExit:
    case FrameKind::kStop:
    case FrameKind::kWithdraw:
      return way == Way::kToCore && !has_text && !has_data;
    case FrameKind::kChunk:
      return way == Way::kToCore && !has_text && header.data_bytes <= (header.number < 0 ? 0 : kMaxChunkBytes);
    case FrameKind::kRefusal:
    case FrameKind::kMessage:
    case FrameKind::kOption:
    case FrameKind::kSetOptions:
    case FrameKind::kLog:
    case FrameKind::kOpenMetrics:
    case FrameKind::kAddSeries:
      return way == Way::kToHost && !has_data;
    case FrameKind::kReady:
    case FrameKind::kReply:
    case FrameKind::kExitProcess:
    case FrameKind::kWantChunk:
    case FrameKind::kExtend:
    case FrameKind::kSign:
    case FrameKind::kLogIdentity:
      return way == Way::kToHost && !has_text && !has_data;
    case FrameKind::kMetrics:
      return way == Way::kToHost && !has_text && header.data_bytes <= kMaxPairBytes &&
             header.data_bytes % kPairBytes == 0;
  }
  return false;
}

// A number, or the count of what follows: four bytes. A text: its count and its bytes.
class Writer {
 public:
  void count(size_t value) {
    const auto number = static_cast<uint32_t>(value);
    text_.append(reinterpret_cast<const char *>(&number), sizeof number);
  }
  void number(double value) { text_.append(reinterpret_cast<const char *>(&value), sizeof value); }
  void text(const std::string &value) {
    count(value.size());
    text_ += value;
  }
  void texts(const std::vector<std::string> &values) {
    count(values.size());
    for (const std::string &value : values) text(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// After the first thing that does not fit, all are 0 and empty.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Of what takes so many bytes each, at least: nothing is made for a count that the text cannot hold.
  size_t count(size_t least_bytes) {
    const uint32_t value = word();
    if (value <= text_.size() / least_bytes) return value;
    fail();
    return 0;
  }
  uint32_t word() {
    uint32_t value = 0;
    take(&value, sizeof value);
    return value;
  }
  double number() {
    double value = 0;
    take(&value, sizeof value);
    return value;
  }
  std::string text() {
    const size_t bytes = count(1);
    std::string value(text_.substr(0, bytes));
    text_.remove_prefix(bytes);
    return value;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> values(count(kLeastTextBytes));
    for (std::string &value : values) value = text();
    return values;
  }

  // Whether all of the text was read, and all fitted.
  bool is_whole() const { return is_sound_ && text_.empty(); }

 private:
  void take(void *into, size_t bytes) {
    if (text_.size() < bytes) return fail();
    memcpy(into, text_.data(), bytes);
    text_.remove_prefix(bytes);
  }
  void fail() {
    is_sound_ = false;
    text_ = {};
  }

  std::string_view text_;
  bool is_sound_ = true;
};

}  // namespace

bool send_frame(const Connection &connection, FrameHeader header, std::string_view text, const void *data,
                size_t data_bytes) {
  if (text.size() > kMaxTextBytes) return false;
  header.text_bytes = text.size();
  header.data_bytes = data_bytes;
  const std::string_view parts[] = {
      {reinterpret_cast<const char *>(&header), sizeof header}, text, {static_cast<const char *>(data), data_bytes}};
  return connection.send(parts, 3);
}

bool receive_frame(const Connection &connection, Way way, Frame &frame) {
  if (!connection.receive(&frame.header, sizeof frame.header)) return false;
  if (!has_sound_lengths(frame.header, way)) return false;
  frame.text.resize(frame.header.text_bytes);
  return connection.receive(frame.text.data(), frame.text.size());
}

std::string text_of(const std::vector<std::string> &texts) {
  Writer writer;
  writer.texts(texts);
  return writer.take();
}

std::optional<std::vector<std::string>> texts_of(std::string_view text) {
  Reader reader(text);
  std::vector<std::string> texts = reader.texts();
  if (!reader.is_whole()) return std::nullopt;
  return texts;
}

std::string text_of(const std::vector<MetricDefinition> &definitions) {
  Writer writer;
  writer.count(definitions.size());
  for (const MetricDefinition &definition : definitions) {
    writer.count(static_cast<size_t>(definition.kind));
    writer.text(definition.name);
    writer.text(definition.help);
    writer.texts(definition.label_keys);
    writer.count(definition.series.size());
    for (const auto &values : definition.series) writer.texts(values);
    writer.count(definition.bounds.size());
    for (const double bound : definition.bounds) writer.number(bound);
  }
  return writer.take();
}

std::optional<std::vector<MetricDefinition>> definitions_of(std::string_view text) {
  Reader reader(text);
  std::vector<MetricDefinition> definitions(reader.count(kLeastDefinitionBytes));
  for (MetricDefinition &definition : definitions) {
    const uint32_t kind = reader.word();
    if (kind > static_cast<uint32_t>(MetricKind::kHistogram)) return std::nullopt;
    definition.kind = static_cast<MetricKind>(kind);
    definition.name = reader.text();
    definition.help = reader.text();
    definition.label_keys = reader.texts();
    definition.series.resize(reader.count(kLeastTextBytes));
    for (auto &values : definition.series) values = reader.texts();
    definition.bounds.resize(reader.count(sizeof(double)));
    for (double &bound : definition.bounds) bound = reader.number();
  }
  if (!reader.is_whole()) return std::nullopt;
  return definitions;
}

}  // namespace kinesis
