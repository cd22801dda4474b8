// Frames of the connection between Fluent Bit's process and the core's: a header, a text and data.
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

/// Kind of a frame. The same file runs at both ends, so numbers are sent as they lie in memory.
enum class FrameKind : uint32_t {
  // To the core. A request: `id` is its own, `number` the instance, text the tag; `chunk_bytes` and `blocks` are of a
  // flush.
  kInit = 0,
  kFlush = 1,
  kExit = 2,
  kStop = 3,
  kWithdraw = 4,
  kChunk = 5,   // id of the flush, data its chunk; number -1 when the host no longer waits for the flush
  kHello = 6,   // the first frame: number 1 when the host has a log, text Host::place()
  kReturn = 7,  // of the call before; number -1 for nothing
  // To the host.
  kReady = 10,
  kRefusal = 11,      // text: the reason
  kReply = 12,        // id of the request, number the reply
  kExitProcess = 13,  // number: the status
  kMetrics = 14,      // id of the set, data pairs of doubles
  kWantChunk = 15,    // id of the flush whose chunk the core needs
  kExtend = 16,       // id of the request that the core still works on
  kSign = 17,         // every 500 ms while requests are open; number 1 when Node's thread has run since the last
  kMessage = 18,      // text: for standard error, with its newline
  // Calls, which wait for a kReturn; id of the request.
  kOption = 20,       // text: key; returns number 0 and the value
  kSetOptions = 24,   // text: names; returns the set ones
  kLogIdentity = 21,  // returns number the level, text the name
  kLog = 22,          // number the level, text the line; returns 1 when it was taken
  kOpenMetrics = 23,  // text: definitions; returns number the set
  kAddSeries = 25,    // id of the set, text: a label and its value; returns number the first series
};

/// Direction of a frame.
enum class Direction { kToCore, kToHost };

/// Maximum bytes of a text: tags have up to 64 KiB (chunkio), definitions of metrics some KiB, lines of the log usually
/// one.
constexpr size_t kMaxTextBytes = 1024 * 1024;

/// Header of a frame, 48 bytes.
struct FrameHeader {
  FrameKind kind = FrameKind::kReturn;
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

/// Writes a frame, and sets the lengths in its header; one thread at a time. Returns false when the other end is gone,
/// or the text is too long.
bool send_frame(const Connection &connection, FrameHeader header, std::string_view text = {},
                const void *data = nullptr, size_t data_bytes = 0);

/// Reads a frame without its data, which are the next `data_bytes` to receive. Returns false when the other end is
/// gone, or when the frame's kind or a length is invalid for this direction.
bool receive_frame(const Connection &connection, Direction direction, Frame &frame);

/// Encodes texts as one, and decodes it; decoding returns nothing for an invalid text.
std::string text_of(const std::vector<std::string> &texts);
std::optional<std::vector<std::string>> texts_of(std::string_view text);

/// Encodes metric definitions as a text, and decodes it.
std::string text_of(const std::vector<MetricDefinition> &definitions);
std::optional<std::vector<MetricDefinition>> definitions_of(std::string_view text);

}  // namespace kinesis
