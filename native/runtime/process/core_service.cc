// Does what the core in another process asks of Fluent Bit's: one frame of its after the other.
#include "runtime/process/core_service.h"

#include "fluent_bit/request.h"
#include "runtime/embedded/local_host.h"

namespace kinesis {

bool CoreService::serve(const Frame &frame, const std::vector<double> &pairs) {
  LocalHost &host = LocalHost::get();
  const FrameHeader &header = frame.header;
  switch (header.kind) {
    case FrameKind::kReply:
      host.answer(header.id, header.number);
      return true;
    case FrameKind::kWantChunk:
      return send_chunk(header.id);
    case FrameKind::kExtend:
      host.extend(header.id);
      return true;
    case FrameKind::kSign:
      return true;
    case FrameKind::kMetrics:
      host.update_metrics(header.id, pairs.data(), pairs.size() / 2);
      return true;
    case FrameKind::kOption: {
      const std::optional<std::string> value = host.option(header.id, frame.text);
      return reply(value ? 0 : -1, value.value_or(""));
    }
    case FrameKind::kSetOptions: {
      const auto names = texts_of(frame.text);
      return names && reply(0, text_of(host.set_options(header.id, *names)));
    }
    case FrameKind::kLogIdentity: {
      const std::optional<LogIdentity> identity = host.log_identity(header.id);
      return reply(identity ? identity->level : -1, identity ? identity->name : "");
    }
    case FrameKind::kLog:
      return reply(host.log(static_cast<int>(header.number), frame.text) ? 1 : 0);
    case FrameKind::kOpenMetrics: {
      const auto definitions = definitions_of(frame.text);
      return definitions && reply(host.open_metrics(header.id, *definitions));
    }
    case FrameKind::kMessage:
      host.write_message(frame.text);
      return true;
    case FrameKind::kAddSeries: {
      const auto texts = texts_of(frame.text);
      if (!texts || texts->size() != 2) return false;
      return reply(host.add_metric_series(header.id, texts->front(), texts->back()));
    }
    case FrameKind::kExitProcess:
      host.exit_process(static_cast<int>(header.number));
      return false;
    default:
      return false;
  }
}

// On the thread that reads what the process says: its answer to the flush, by which the chunk becomes the host's again,
// is read after this.
bool CoreService::send_chunk(uint32_t id) {
  // No script reads it here: LocalHost would note that one may.
  Chunk chunk;
  RequestTable::get().with(id, [&chunk](const Request &flush) { chunk = {flush.chunk, flush.chunk_bytes}; });
  const FrameHeader header{FrameKind::kChunk, id, chunk.data == nullptr ? -1 : 0};
  return send_(header, {}, chunk.data, chunk.data == nullptr ? 0 : chunk.bytes);
}

bool CoreService::reply(int64_t number, std::string_view text) {
  return send_({FrameKind::kQuestionReply, 0, number}, text, nullptr, 0);
}

}  // namespace kinesis
