// Connects Fluent Bit's process and the core's by two anonymous pipes.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <algorithm>
#include <cstdlib>

#include "platform/wide_text_windows.h"
#include "runtime/process/connection.h"
#include "runtime/process/handle_windows.h"

namespace kinesis {
namespace {

constexpr DWORD kPipeBytes = 1024 * 1024;
constexpr size_t kMaxTransferBytes = 16 * 1024 * 1024;

}  // namespace

Connection Connection::of_names(const std::string &names) {
  char *end = nullptr;
  const auto reader = static_cast<Number>(strtoll(names.c_str(), &end, 10));
  return {reader, *end == ',' ? static_cast<Number>(strtoll(end + 1, nullptr, 10)) : -1};
}

// An inherited handle has the same number in the other process.
std::string Connection::names() const { return std::to_string(reader_) + "," + std::to_string(writer_); }

bool Connection::send(const std::string_view *parts, size_t count) const {
  for (size_t i = 0; i < count; i++) {
    for (std::string_view rest = parts[i]; !rest.empty();) {
      DWORD written = 0;
      const auto bytes = static_cast<DWORD>(std::min(rest.size(), kMaxTransferBytes));
      if (!WriteFile(handle_of(writer_), rest.data(), bytes, &written, nullptr)) return false;
      rest.remove_prefix(written);
    }
  }
  return true;
}

bool Connection::receive(void *into, size_t bytes) const {
  auto *place = static_cast<char *>(into);
  while (bytes > 0) {
    DWORD received = 0;
    const auto wanted = static_cast<DWORD>(std::min(bytes, kMaxTransferBytes));
    if (!ReadFile(handle_of(reader_), place, wanted, &received, nullptr) || received == 0) return false;
    place += received;
    bytes -= received;
  }
  return true;
}

// Does nothing: calls return when the process with the other end has ended.
void Connection::shut_down() const {}

void Connection::close() const {
  for (const Number number : {reader_, writer_}) {
    if (number != -1) CloseHandle(handle_of(number));
  }
}

std::string ConnectionPair::open() {
  HANDLE there[2], back[2];
  if (!CreatePipe(&there[0], &there[1], nullptr, kPipeBytes)) return last_error();
  if (!CreatePipe(&back[0], &back[1], nullptr, kPipeBytes)) {
    const std::string error = last_error();
    CloseHandle(there[0]);
    CloseHandle(there[1]);
    return error;
  }
  auto number = [](HANDLE handle) { return reinterpret_cast<Connection::Number>(handle); };
  ours = {number(back[0]), number(there[1])};
  theirs = {number(there[0]), number(back[1])};
  return "";
}

}  // namespace kinesis
