// Cases about what goes between two processes: the lengths of frames, and lists in their texts, whole and damaged.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <random>
#include <thread>

#include "runtime/process/frame.h"
#include "shim_host.h"

namespace shim {
namespace {

using kinesis::definitions_of;
using kinesis::MetricDefinition;
using kinesis::MetricKind;
using kinesis::text_of;
using kinesis::texts_of;

std::vector<MetricDefinition> some_definitions() {
  return {{MetricKind::kCounter, "things_total", "Things.", {"kind"}, {{"one"}, {std::string("o\0ther", 6)}}, {}},
          {MetricKind::kGauge, "", "", {}, {{}}, {}},
          {MetricKind::kHistogram, "seconds", "Time.", {"x", "y"}, {{"a", "b"}, {"", "c"}}, {0.1, 1, 1e300}}};
}

bool same(const MetricDefinition &left, const MetricDefinition &right) {
  return left.kind == right.kind && left.name == right.name && left.help == right.help &&
         left.label_keys == right.label_keys && left.series == right.series && left.bounds == right.bounds;
}

void definitions_survive() {
  const auto before = some_definitions();
  const auto after = definitions_of(text_of(before));
  CHECK(after && before.size() == after->size());
  for (size_t i = 0; i < before.size(); i++) CHECK(same(before[i], (*after)[i]));
  CHECK(definitions_of(text_of(std::vector<MetricDefinition>{}))->empty());
}

// In a block of its own each, so that a read behind it is noticed.
void read_all(const std::string &text) {
  const std::vector<char> block(text.begin(), text.end());
  const std::string_view view(block.data(), block.size());
  // What is taken is whole: the same text comes of it.
  if (const auto definitions = definitions_of(view)) CHECK(text_of(*definitions) == text);
  if (const auto texts = texts_of(view)) CHECK(text_of(*texts) == text);
}

void damaged_definitions() {
  const std::string whole = text_of(some_definitions());
  for (size_t length = 0; length < whole.size(); length++) {
    read_all(whole.substr(0, length));
    CHECK(!definitions_of(whole.substr(0, length)));
  }
  CHECK(!definitions_of(whole + '\0') && !texts_of(text_of({"one"}) + "x"));
  std::mt19937 random(20240607);
  auto byte = [&random] { return static_cast<char>(random() & 0xff); };
  for (int turn = 0; turn < 5000; turn++) {
    std::string damaged = whole;
    for (unsigned hits = 1 + random() % 3; hits > 0; hits--) damaged[random() % damaged.size()] = byte();
    read_all(damaged);
    // Counts that are small enough to be believed.
    std::string noise(random() % 200, '\0');
    for (char &c : noise) c = random() % 2 == 0 ? '\0' : static_cast<char>(random() % 16);
    read_all(noise);
    for (char &c : noise) c = byte();
    read_all(noise);
  }
}

std::string counted(uint32_t count, size_t bytes_behind) {
  std::string text(reinterpret_cast<const char *>(&count), sizeof count);
  return text + std::string(bytes_behind, '\0');
}

// In KiB. A process's own, which never falls.
long largest_memory() {
  rusage usage{};
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_maxrss;
}

// A count that the text cannot hold, as the first and behind another one, costs nothing; one that it can, a few times
// its bytes.
void lying_counts() {
  constexpr size_t kTextBytes = 4 * 1000;
  for (const uint32_t count : {uint32_t{999}, uint32_t{1000}})
    CHECK(texts_of(counted(count, 4 * count))->size() == count);
  CHECK(!texts_of(counted(1001, kTextBytes)));
  CHECK(!texts_of(counted(999, kTextBytes)));
  CHECK(definitions_of(counted(10, 240))->size() == 10);
  CHECK(!definitions_of(counted(11, 240)));
  constexpr size_t kMost = 16 << 20;
  const std::string zeros(kMost, '\0');
  const long before = largest_memory();
  for (const uint32_t count : {uint32_t{kMost}, uint32_t{kMost / 2}, UINT32_MAX}) {
    std::string lie = zeros;
    memcpy(lie.data(), &count, sizeof count);
    CHECK(!texts_of(lie) && !definitions_of(lie));
    // Of a definition's label keys, behind its kind, name and help.
    const uint32_t one = 1;
    memcpy(lie.data(), &one, sizeof one);
    memcpy(lie.data() + 16, &count, sizeof count);
    CHECK(!definitions_of(lie));
  }
  // Sanitizers keep notes of all memory.
#ifdef SANITIZER_none
  CHECK(largest_memory() - before < 64 * 1024);
#else
  CHECK(largest_memory() >= before);
#endif
}

// A frame of a kind, with so many bytes of text and data; the rest never comes.
bool is_taken(kinesis::FrameKind kind, kinesis::Way way, size_t text_bytes, size_t data_bytes, int64_t number = 0,
              size_t chunk_bytes = 0) {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  kinesis::FrameHeader header{kind, 1, number, chunk_bytes, 0, text_bytes, data_bytes};
  CHECK(write(ends[0], &header, sizeof header) == sizeof header);
  std::thread rest([&] {
    const std::string text(text_bytes, 't');
    send(ends[0], text.data(), text.size(), MSG_NOSIGNAL);
    shutdown(ends[0], SHUT_WR);
  });
  kinesis::Frame frame;
  const bool is_taken = kinesis::receive_frame({ends[1], ends[1]}, way, frame);
  shutdown(ends[1], SHUT_RDWR);
  rest.join();
  close(ends[0]);
  close(ends[1]);
  return is_taken;
}

void lengths_of_frames() {
  using kinesis::FrameKind;
  using kinesis::Way;
  constexpr size_t kText = kinesis::kMaxTextBytes, kPairs = 1024 * 1024, kChunk = INT32_MAX;
  for (const FrameKind kind : {FrameKind::kLog, FrameKind::kRefusal, FrameKind::kMessage, FrameKind::kAddSeries,
                               FrameKind::kOption, FrameKind::kSetOptions, FrameKind::kOpenMetrics}) {
    CHECK(is_taken(kind, Way::kToHost, kText - 1, 0) && is_taken(kind, Way::kToHost, kText, 0));
    CHECK(!is_taken(kind, Way::kToHost, kText + 1, 0) && !is_taken(kind, Way::kToHost, 1, 16));
    CHECK(!is_taken(kind, Way::kToCore, 1, 0));
  }
  for (const FrameKind kind : {FrameKind::kFlush, FrameKind::kHello, FrameKind::kQuestionReply}) {
    CHECK(is_taken(kind, Way::kToCore, kText, 0) && !is_taken(kind, Way::kToCore, kText + 1, 0));
    CHECK(!is_taken(kind, Way::kToCore, 1, 1) && !is_taken(kind, Way::kToHost, 1, 0));
  }
  for (const FrameKind kind : {FrameKind::kInit, FrameKind::kExit, FrameKind::kStop, FrameKind::kWithdraw}) {
    CHECK(is_taken(kind, Way::kToCore, 0, 0) && !is_taken(kind, Way::kToCore, 1, 0));
    CHECK(!is_taken(kind, Way::kToCore, 0, 1) && !is_taken(kind, Way::kToHost, 0, 0));
  }
  for (const FrameKind kind : {FrameKind::kReady, FrameKind::kReply, FrameKind::kExitProcess, FrameKind::kWantChunk,
                               FrameKind::kExtend, FrameKind::kSign, FrameKind::kLogIdentity}) {
    CHECK(is_taken(kind, Way::kToHost, 0, 0) && !is_taken(kind, Way::kToHost, 1, 0));
    CHECK(!is_taken(kind, Way::kToHost, 0, 16) && !is_taken(kind, Way::kToCore, 0, 0));
  }
  CHECK(is_taken(FrameKind::kMetrics, Way::kToHost, 0, kPairs) && is_taken(FrameKind::kMetrics, Way::kToHost, 0, 0));
  for (const size_t bytes : {kPairs + 16, kPairs - 8, size_t{15}, size_t{17}}) {
    CHECK(!is_taken(FrameKind::kMetrics, Way::kToHost, 0, bytes));
  }
  CHECK(is_taken(FrameKind::kChunk, Way::kToCore, 0, kChunk) &&
        !is_taken(FrameKind::kChunk, Way::kToCore, 0, kChunk + 1));
  CHECK(is_taken(FrameKind::kChunk, Way::kToCore, 0, 0, -1) && !is_taken(FrameKind::kChunk, Way::kToCore, 0, 1, -1));
  CHECK(is_taken(FrameKind::kFlush, Way::kToCore, 0, 0, 0, kChunk));
  CHECK(!is_taken(FrameKind::kFlush, Way::kToCore, 0, 0, 0, kChunk + 1));
  for (const uint32_t unknown : {8u, 9u, 19u, 26u, 4000000000u}) {
    const auto kind = static_cast<FrameKind>(unknown);
    CHECK(!is_taken(kind, Way::kToHost, 0, 0) && !is_taken(kind, Way::kToCore, 0, 0));
  }
}

}  // namespace

Cases frame_cases() {
  return {{"definitions-survive", definitions_survive},
          {"definitions-damaged", damaged_definitions},
          {"frames-lying-counts", lying_counts},
          {"frames-lengths", lengths_of_frames}};
}

}  // namespace shim
