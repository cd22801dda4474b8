// What goes through the connection between Fluent Bit's process and the core's: frames of a header, a text and data.
#include "runtime/process/frame.h"

#include <cstring>

namespace kinesis {
namespace {

// Far above any text that is sent: keys, tags, log lines, definitions of metrics.
constexpr uint64_t kMaxTextBytes = 16 * 1024 * 1024;
// Fluent Bit gives lengths as an int.
constexpr uint64_t kMaxDataBytes = UINT64_C(1) << 31;

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

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  size_t count() {
    uint32_t value = 0;
    take(&value, sizeof value);
    // What is counted takes a byte at least.
    return value <= text_.size() ? value : 0;
  }
  double number() {
    double value = 0;
    take(&value, sizeof value);
    return value;
  }
  std::string text() {
    const size_t bytes = count();
    std::string value(text_.substr(0, bytes));
    text_.remove_prefix(bytes);
    return value;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> values(count());
    for (std::string &value : values) value = text();
    return values;
  }

 private:
  void take(void *into, size_t bytes) {
    if (text_.size() < bytes) {
      text_ = {};
      return;
    }
    memcpy(into, text_.data(), bytes);
    text_.remove_prefix(bytes);
  }

  std::string_view text_;
};

}  // namespace

bool send_frame(const Connection &connection, FrameHeader header, std::string_view text, const void *data,
                size_t data_bytes) {
  header.text_bytes = text.size();
  header.data_bytes = data_bytes;
  const std::string_view parts[] = {
      {reinterpret_cast<const char *>(&header), sizeof header}, text, {static_cast<const char *>(data), data_bytes}};
  return connection.send(parts, 3);
}

bool receive_frame(const Connection &connection, Frame &frame) {
  if (!connection.receive(&frame.header, sizeof frame.header)) return false;
  if (frame.header.text_bytes > kMaxTextBytes || frame.header.data_bytes > kMaxDataBytes) return false;
  frame.text.resize(frame.header.text_bytes);
  return connection.receive(frame.text.data(), frame.text.size());
}

std::string text_of(const std::vector<std::string> &texts) {
  Writer writer;
  writer.texts(texts);
  return writer.take();
}

std::vector<std::string> texts_of(std::string_view text) { return Reader(text).texts(); }

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

std::vector<MetricDefinition> definitions_of(std::string_view text) {
  Reader reader(text);
  std::vector<MetricDefinition> definitions(reader.count());
  for (MetricDefinition &definition : definitions) {
    definition.kind = static_cast<MetricKind>(reader.count());
    definition.name = reader.text();
    definition.help = reader.text();
    definition.label_keys = reader.texts();
    definition.series.resize(reader.count());
    for (auto &values : definition.series) values = reader.texts();
    definition.bounds.resize(reader.count());
    for (double &bound : definition.bounds) bound = reader.number();
  }
  return definitions;
}

}  // namespace kinesis
