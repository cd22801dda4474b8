// Cases about the text of metric definitions between two processes: whole, and damaged.
#include <random>

#include "runtime/process/frame.h"
#include "shim_host.h"

namespace shim {
namespace {

using kinesis::definitions_of;
using kinesis::MetricDefinition;
using kinesis::MetricKind;
using kinesis::text_of;

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
  const auto before = some_definitions(), after = definitions_of(text_of(before));
  CHECK(before.size() == after.size());
  for (size_t i = 0; i < before.size(); i++) CHECK(same(before[i], after[i]));
  CHECK(definitions_of(text_of(std::vector<MetricDefinition>{})).empty());
}

// In a block of its own each, so that a read behind it is noticed.
void read_all(const std::string &text) {
  const std::vector<char> block(text.begin(), text.end());
  for (const MetricDefinition &definition : definitions_of({block.data(), block.size()})) {
    CHECK(definition.name.size() <= text.size() && definition.series.size() <= text.size());
  }
}

void damaged_definitions() {
  const std::string whole = text_of(some_definitions());
  for (size_t length = 0; length < whole.size(); length++) read_all(whole.substr(0, length));
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

}  // namespace

Cases frame_cases() {
  return {{"definitions-survive", definitions_survive}, {"definitions-damaged", damaged_definitions}};
}

}  // namespace shim
