// Copies a started program's standard error to that of this process, on Windows.
#include "runtime/process/message_pipe_windows.h"

#include <string_view>

#include "platform/messages.h"
#include "platform/thread.h"
#include "platform/wide_text_windows.h"

namespace kinesis {
namespace {

constexpr size_t kMessageReaderStackBytes = 64 * 1024;
constexpr size_t kReadBytes = 4096;
// Maximum bytes of a line; the rest becomes the next line.
constexpr size_t kMaxLineBytes = 16 * 1024;

void write_line(std::string_view line) {
  const std::string_view parts[] = {line, "\n"};
  Messages::get().write(parts, 2);
}

// Writes, and removes from the text, whole lines and a part that is too long for one.
void write_lines(std::string &text) {
  size_t from = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
    const bool has_return = end > from && text[end - 1] == '\r';
    write_line(std::string_view(text).substr(from, end - from - (has_return ? 1 : 0)));
    from = end + 1;
  }
  text.erase(0, from);
  if (text.size() < kMaxLineBytes) return;
  write_line(text);
  text.clear();
}

// Runs on its own thread, and closes the end that it reads.
void copy_messages(void *end) {
  name_thread("kinesis-stderr");
  std::string text;
  char part[kReadBytes];
  DWORD count = 0;
  while (ReadFile(end, part, sizeof part, &count, nullptr) && count > 0) {
    text.append(part, count);
    write_lines(text);
  }
  if (!text.empty()) write_line(text);
  CloseHandle(end);
}

}  // namespace

MessagePipe::~MessagePipe() {
  if (program_end_ != nullptr) CloseHandle(program_end_);
}

std::string MessagePipe::open() {
  HANDLE our_end = nullptr;
  if (!CreatePipe(&our_end, &program_end_, nullptr, 0)) return last_error();
  if (!SetHandleInformation(program_end_, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT)) {
    const std::string error = last_error();
    CloseHandle(our_end);
    return error;
  }
  pthread_t thread;
  const std::string error = start_quiet_thread(kMessageReaderStackBytes, copy_messages, our_end, thread);
  if (!error.empty()) {
    CloseHandle(our_end);
    return "cannot start a thread for the messages of Node.js: " + error;
  }
  pthread_detach(thread);
  return "";
}

}  // namespace kinesis
