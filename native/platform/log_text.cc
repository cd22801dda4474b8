// Returns a message fit for a log or a terminal, as src/telemetry/log_text.ts does for messages of the core.
#include "platform/log_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <vector>

namespace kinesis {
namespace {

constexpr size_t kMaxLogLineBytes = 1024;
// Bytes kept of a longer line. The reason is most often at the line's end.
constexpr size_t kFirstBytes = 700, kLastBytes = 300;
constexpr const char *kCut = " [cut] ";

// First and last of each range: ASCII's and C1's control characters, and Unicode's Zl, Zp and Bidi_Control.
constexpr uint32_t kUnfit[][2] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},
                                  {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};

bool is_unfit(uint32_t character) {
  return std::any_of(std::begin(kUnfit), std::end(kUnfit),
                     [=](const uint32_t(&range)[2]) { return character >= range[0] && character <= range[1]; });
}

// Removes a UTF-8 character of up to three bytes from the text and returns its code point. Of a longer character, and
// of invalid UTF-8, removes one byte and returns a code point that is not unfit.
uint32_t take_character(std::string_view &text, std::string &bytes) {
  const auto at = [&](size_t index) { return index < text.size() ? static_cast<uint8_t>(text[index]) : uint8_t{0}; };
  const auto follows = [&](size_t index) { return (at(index) & 0xc0) == 0x80; };
  constexpr uint32_t kOther = 0xffff;
  uint32_t character = at(0) < 0x80 ? at(0) : kOther;
  size_t length = 1;
  if ((at(0) & 0xe0) == 0xc0 && follows(1)) {
    character = (at(0) & 0x1fu) << 6 | (at(1) & 0x3fu);
    length = 2;
  } else if ((at(0) & 0xf0) == 0xe0 && follows(1) && follows(2)) {
    character = (at(0) & 0x0fu) << 12 | (at(1) & 0x3fu) << 6 | (at(2) & 0x3fu);
    length = 3;
  }
  bytes.assign(text.substr(0, length));
  text.remove_prefix(length);
  return character;
}

std::string fit_line(std::string_view line) {
  std::string text, piece;
  std::vector<size_t> ends;  // of the pieces that are never taken apart
  while (!line.empty()) {
    const uint32_t character = take_character(line, piece);
    if (is_unfit(character)) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", character);
      piece = escape;
    }
    text += piece;
    ends.push_back(text.size());
  }
  if (text.size() <= kMaxLogLineBytes) return text;
  const size_t first = *std::prev(std::upper_bound(ends.begin(), ends.end(), kFirstBytes));
  const size_t last = *std::lower_bound(ends.begin(), ends.end(), text.size() - kLastBytes);
  return text.substr(0, first) + kCut + text.substr(last);
}

}  // namespace

std::string log_text(std::string_view message) {
  std::string text;
  for (;;) {
    const size_t end = message.find('\n');
    text += fit_line(message.substr(0, end));
    if (end == std::string_view::npos) return text;
    text += '\n';
    message.remove_prefix(end + 1);
  }
}

}  // namespace kinesis
