// Reads bytes as frames, in the roles of both processes: guided by libFuzzer, or at random: fuzz_frames SEED COUNT.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "fluent_bit/request.h"
#include "runtime/process/core_service.h"
#include "runtime/process/remote_host.h"
#include "shim_host.h"
#include "stand_in_core.h"

namespace {

using kinesis::Connection;
using kinesis::Direction;
using kinesis::Frame;
using kinesis::FrameHeader;
using kinesis::FrameKind;
using kinesis::Request;
using kinesis::RequestKind;
using kinesis::RequestTable;

// Maximum bytes that a pair of sockets takes without a reader. A frame may announce more.
constexpr size_t kMaxBytes = 64 * 1024;

volatile int last_read = 0;  // keeps the compiler from leaving the reading out

struct Pair {
  int ours, theirs;

  explicit Pair(const std::string &bytes) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    theirs = ends[0];
    ours = ends[1];
    CHECK(write(theirs, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    CHECK(shutdown(theirs, SHUT_WR) == 0);
  }
  ~Pair() {
    close(ours);
    close(theirs);
  }
  Connection connection() const { return {ours, ours}; }
  void drain() const {
    char part[4096];
    while (recv(theirs, part, sizeof part, MSG_DONTWAIT) > 0) continue;
  }
};

const char *option(const char *key, void *) { return strcmp(key, "set") == 0 ? "value" : nullptr; }

// The ids of the frames are those of a waiting init and a waiting flush, or unknown.
void read_as_host(const std::string &bytes) {
  const Pair pair(bytes);
  RequestTable &requests = RequestTable::get();
  kinesis::HostInstance instance(option, &requests);
  const std::string chunk = "the chunk of a flush";
  uint32_t ids[2];
  for (const RequestKind kind : {RequestKind::kInit, RequestKind::kFlush}) {
    auto request = std::make_shared<Request>(kind);
    if (kind == RequestKind::kInit) request->host_instance = &instance;
    if (kind == RequestKind::kFlush) request->chunk = chunk.data(), request->chunk_bytes = chunk.size();
    ids[kind == RequestKind::kInit ? 0 : 1] = requests.add(request);
  }
  kinesis::CoreService service([&](const FrameHeader &, std::string_view text, const void *data, size_t data_bytes) {
    CHECK(data == nullptr || (data == chunk.data() && data_bytes == chunk.size()));
    return text.size() <= kinesis::kMaxTextBytes;
  });
  Frame frame;
  std::vector<double> pairs;
  while (receive_frame(pair.connection(), Direction::kToHost, frame)) {
    pairs.resize(frame.header.data_bytes / sizeof(double));
    if (!pair.connection().receive(pairs.data(), frame.header.data_bytes)) break;
    // The frame is allowed to end the process.
    if (frame.header.kind == FrameKind::kExitProcess) break;
    if (frame.header.id < 2) frame.header.id = ids[frame.header.id];
    if (!service.serve(frame, pairs)) break;
  }
  for (const uint32_t id : ids) requests.wait(id, 0);
}

// The core requests each chunk, and replies now and then.
void read_as_core(const std::string &bytes) {
  FrameHeader hello{FrameKind::kHello, 0, 1};
  const Pair pair(std::string(reinterpret_cast<const char *>(&hello), sizeof hello) + bytes);
  kinesis::RemoteHost host(pair.connection());
  for (uint32_t turn = 0; host.receive(); turn++) {
    for (uint32_t id = 0; id < 4; id++) {
      const auto task = host.take(id);
      if (!task) continue;
      const auto chunk = host.chunk(id);
      if (chunk && chunk->data != nullptr) last_read = stand_in::fingerprint(0, chunk->data, chunk->bytes, "");
      if (turn % 8 == id) host.reply(id, 1);
    }
    pair.drain();
  }
}

void read_all(const std::string &input) {
  if (input.empty()) return;
  const std::string bytes = input.substr(1, kMaxBytes);
  (input[0] & 1) == 0 ? read_as_host(bytes) : read_as_core(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_all({reinterpret_cast<const char *>(data), size});
  return 0;
}

#ifndef GUIDED
namespace {

constexpr size_t kMaxKinds = 32;

// Makes frames with mostly valid lengths, and lists and noise in their texts.
std::string some_frames(std::mt19937 &random) {
  std::string all(1, static_cast<char>(random()));
  for (unsigned count = 1 + random() % 12; count > 0; count--) {
    std::string text(random() % 3 == 0 ? random() % 300 : 0, '\0');
    for (char &c : text) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 3);
    const std::string data(random() % 3 == 0 ? 16 * (random() % 4) : 0, 'd');
    FrameHeader header{static_cast<FrameKind>(random() % kMaxKinds),
                       static_cast<uint32_t>(random() % 4),
                       static_cast<int64_t>(random() % 5) - 1,
                       random() % 2 == 0 ? data.size() : random() % 64,
                       random() % 2,
                       text.size(),
                       data.size()};
    if (random() % 16 == 0) header.text_bytes = random();
    if (random() % 16 == 0) header.data_bytes = static_cast<uint64_t>(random()) << (random() % 32);
    if (random() % 16 == 0) header.chunk_bytes = static_cast<uint64_t>(random()) << (random() % 32);
    all += std::string(reinterpret_cast<const char *>(&header), sizeof header) + text + data;
  }
  if (random() % 4 == 0) all[random() % all.size()] = static_cast<char>(random());
  return all;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  std::mt19937 random(static_cast<unsigned>(strtoul(argv[1], nullptr, 10)));
  for (long left = atol(argv[2]); left > 0; left--) read_all(some_frames(random));
  return 0;
}
#endif
