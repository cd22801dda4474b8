// Executes the calls of a core in a separate process, one frame after the other.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "runtime/process/frame.h"

namespace kinesis {

class CoreService {
 public:
  /// Sends a frame to the core. Returns false when the connection is over.
  using Send =
      std::function<bool(const FrameHeader &header, std::string_view text, const void *data, size_t data_bytes)>;

  explicit CoreService(Send send) : send_(std::move(send)) {}

  /// Executes a frame with valid lengths; `pairs` are the doubles that follow as its data. Returns false when the frame
  /// is invalid, or the connection is over: nothing more must be read.
  bool serve(const Frame &frame, const std::vector<double> &pairs);

 private:
  bool send_chunk(uint32_t id);
  bool send_return(int64_t number, std::string_view text = {});

  Send send_;
};

}  // namespace kinesis
