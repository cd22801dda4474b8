// Writes the plugin's own messages to standard error without waiting for its reader, and counts lost messages.
#include "platform/messages.h"

#include <algorithm>
#include <cstdio>

namespace kinesis {
namespace {

constexpr size_t kMaxParts = 4;

}  // namespace

Messages &Messages::get() {
  // Never destroyed: threads of ours may outlive static destruction.
  static auto *messages = new Messages();
  return *messages;
}

void Messages::keep_standard_error() {
  std::lock_guard<std::mutex> lock(mutex_);
  standard_error_.keep();
}

void Messages::take_given_standard_error() {
  std::lock_guard<std::mutex> lock(mutex_);
  standard_error_.take_given();
}

int Messages::descriptor() {
  std::lock_guard<std::mutex> lock(mutex_);
  return standard_error_.descriptor();
}

void Messages::write(const std::string_view *parts, size_t count) {
  std::lock_guard<std::mutex> lock(mutex_);
  char note[128];
  size_t note_bytes = 0;
  if (lost_ > 0) {
    const int length =
        snprintf(note, sizeof note, "%s[kinesis] messages lost here, since standard error was not read in time: %lu\n",
                 is_cut_ ? "\n" : "", lost_);
    note_bytes = static_cast<size_t>(std::max(length, 0));
  }
  std::string_view all[1 + kMaxParts] = {{note, note_bytes}};
  size_t used = 1, bytes = note_bytes;
  for (; used <= std::min(count, kMaxParts); used++) {
    all[used] = parts[used - 1];
    bytes += all[used].size();
  }
  const size_t written = standard_error_.write(all, used);
  if (written == bytes) {
    lost_ = 0;
    is_cut_ = false;
    return;
  }
  // Once the note is written, all messages lost before have been reported.
  if (written >= note_bytes) lost_ = 0;
  lost_++;
  if (written > 0) is_cut_ = written != note_bytes;
}

}  // namespace kinesis
