// What goes through the connection between Fluent Bit's process and the core's: frames of a header, a text and data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fluent_bit/host_metrics.h"
#include "runtime/process/connection.h"

namespace kinesis {

/// The same file runs at both ends, so that numbers go as they lie in memory.
enum class FrameKind : uint32_t {
  // To the core. A request: `id` its own, `number` the instance, text the tag, `chunk_bytes` and `blocks` of a flush.
  kInit = 0,
  kFlush = 1,
  kExit = 2,
  kStop = 3,
  kWithdraw = 4,
  kChunk = 5,          // id of the flush, data its chunk; number -1 when nobody waits for it any more
  kHello = 6,          // the first: number 1 when the host has a log, text Host::place()
  kQuestionReply = 7,  // to the question before; number -1 for nothing
  // To the host.
  kReady = 10,
  kRefusal = 11,      // text: why
  kReply = 12,        // id of the request, number the answer
  kExitProcess = 13,  // number: the status
  kMetrics = 14,      // id of the set, data pairs of doubles
  kWantChunk = 15,    // id of the flush whose chunk is to come
  kExtend = 16,       // id of the request that the core is still at
  kSign = 17,         // twice a second while requests are open; number 1 when Node's thread has come by since the last
  kMessage = 18,      // text: what is to go to standard error, with its newline
  // Questions, which wait for a reply; id of the request.
  kOption = 20,       // text: key; reply: number 0 and the value
  kSetOptions = 24,   // text: names; reply: the set ones
  kLogIdentity = 21,  // reply: number the level, text the name
  kLog = 22,          // number the level, text the line; reply: 1 when it was taken
  kOpenMetrics = 23,  // text: definitions; reply: number the set
  kAddSeries = 25,    // id of the set, text: a label and its value; reply: number the first series
};

/// Which way a frame goes.
enum class Way { kToCore, kToHost };

/// Of any text: tags have up to 64 KiB (chunkio), definitions of metrics some KiB, lines of the log one as a rule.
constexpr size_t kMaxTextBytes = 1024 * 1024;

/// 48 bytes.
struct FrameHeader {
  FrameKind kind = FrameKind::kQuestionReply;
  uint32_t id = 0;
  int64_t number = 0;
  uint64_t chunk_bytes = 0;
  uint64_t blocks = 0;
  uint64_t text_bytes = 0;
  uint64_t data_bytes = 0;
};

/// A frame without its data.
struct Frame {
  FrameHeader header;
  std::string text;
};

/// Writes a frame; one thread at a time. The header's lengths are set here. False when the other end is gone, or the
/// text is too long.
bool send_frame(const Connection &connection, FrameHeader header, std::string_view text = {},
                const void *data = nullptr, size_t data_bytes = 0);

/// Reads a frame but for its data, which are the next `data_bytes` to receive. False when the other end is gone, or
/// what comes is no frame of that way: its kind, or a length that its kind cannot have.
bool receive_frame(const Connection &connection, Way way, Frame &frame);

/// Texts as one, and back; nothing of any other text.
std::string text_of(const std::vector<std::string> &texts);
std::optional<std::vector<std::string>> texts_of(std::string_view text);

/// Metric definitions as a text, and back.
std::string text_of(const std::vector<MetricDefinition> &definitions);
std::optional<std::vector<MetricDefinition>> definitions_of(std::string_view text);

}  // namespace kinesis
