// Does what the core in another process asks of Fluent Bit's: one frame of its after the other.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "runtime/process/frame.h"

namespace kinesis {

class CoreService {
 public:
  /// Sends a frame to the core; false when the connection is over.
  using Send =
      std::function<bool(const FrameHeader &header, std::string_view text, const void *data, size_t data_bytes)>;

  explicit CoreService(Send send) : send_(std::move(send)) {}

  /// Serves a frame that has sound lengths, and the doubles that are its data. False when it makes no sense, or the
  /// connection is over: nothing more is to be read.
  bool serve(const Frame &frame, const std::vector<double> &pairs);

 private:
  bool send_chunk(uint32_t id);
  bool reply(int64_t number, std::string_view text = {});

  Send send_;
};

}  // namespace kinesis
