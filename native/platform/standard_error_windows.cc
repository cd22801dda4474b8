// Writes to the standard error that Fluent Bit was started with, without waiting for its reader, on Windows.
//
// Windows does not report how much room a pipe has, and a pipe has no flags per descriptor. So a thread writes, one
// message at a time.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "platform/event_log_windows.h"
#include "platform/platform.h"
#include "platform/standard_error.h"
#include "platform/thread.h"
#include "platform/wide_text_windows.h"

namespace kinesis {
namespace {

constexpr size_t kWriterStackBytes = 64 * 1024;
// Maximum wait for a write. After that the message counts as written: its reader has taken it by then, or takes
// nothing.
constexpr std::chrono::milliseconds kMaxWriteWait(200);

struct WriterThread {
  std::mutex mutex;
  std::condition_variable changed;
  std::string message;      // guarded by mutex
  bool is_busy = false;     // guarded by mutex
  bool has_thread = false;  // guarded by mutex
};

WriterThread &writer() {
  // Never destroyed: its thread lives until the process ends.
  static auto *writer = new WriterThread();
  return *writer;
}

// A Windows service has no standard error: its messages go to a file, or to the Windows event log.
constexpr const char *kFileVariable = "KINESIS_LOG_FILE";

// Maximum characters of one write: a console of an older Windows takes 64 KiB.
constexpr size_t kMaxConsoleCharacters = 8192;

// A console reads bytes in its own code page, which is seldom UTF-8, so the text goes as UTF-16.
bool write_to_console(HANDLE console, const std::wstring &text) {
  for (size_t from = 0; from < text.size();) {
    DWORD written = 0;
    const auto count = static_cast<DWORD>(std::min(text.size() - from, kMaxConsoleCharacters));
    if (!WriteConsoleW(console, text.data() + from, count, &written, nullptr) || written == 0) return false;
    from += written;
  }
  return true;
}

bool write_whole(HANDLE target, std::string_view text) {
  DWORD mode = 0;
  if (GetConsoleMode(target, &mode)) return write_to_console(target, wide(std::string(text)));
  while (!text.empty()) {
    DWORD written = 0;
    const auto bytes = static_cast<DWORD>(text.size());
    if (!WriteFile(target, text.data(), bytes, &written, nullptr) || written == 0) return false;
    text.remove_prefix(written);
  }
  return true;
}

void write_to_standard_error(std::string_view text) {
  // Read each time: the program may change it.
  const HANDLE target = GetStdHandle(STD_ERROR_HANDLE);
  if (target == nullptr || target == INVALID_HANDLE_VALUE) {
    report_to_event_log(text);
  } else {
    write_whole(target, text);
  }
}

// Returns the file that the variable names, opened to append. Returns null without one: messages go to standard error,
// the first of them why the file cannot be opened.
HANDLE message_target() {
  const std::string path = environment_variable(kFileVariable);
  if (path.empty()) return nullptr;
  const HANDLE file =
      CreateFileW(wide(path).c_str(), FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                  OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file != INVALID_HANDLE_VALUE) return file;
  const std::string reason = last_error();
  write_to_standard_error(std::string("[kinesis] ") + kFileVariable + " is '" + path +
                          "', which cannot be opened: " + reason + "\n");
  return nullptr;
}

void write_messages() {
  const HANDLE file = message_target();
  WriterThread &own = writer();
  std::unique_lock<std::mutex> lock(own.mutex);
  for (;;) {
    own.changed.wait(lock, [&own] { return own.is_busy; });
    lock.unlock();
    if (file != nullptr) {
      write_whole(file, own.message);
    } else {
      write_to_standard_error(own.message);
    }
    lock.lock();
    own.is_busy = false;
    own.changed.notify_all();
  }
}

}  // namespace

void StandardError::keep() {}

void StandardError::take_given() {}

size_t StandardError::write(const std::string_view *texts, size_t count) {
  std::string message;
  for (size_t i = 0; i < count; i++) message += texts[i];
  const size_t bytes = message.size();
  WriterThread &own = writer();
  std::unique_lock<std::mutex> lock(own.mutex);
  if (own.is_busy) return 0;
  if (!own.has_thread) {
    pthread_t thread;
    own.has_thread = start_quiet_thread(kWriterStackBytes, write_messages, thread).empty();
    if (!own.has_thread) return 0;
    pthread_detach(thread);
  }
  own.message = std::move(message);
  own.is_busy = true;
  own.changed.notify_all();
  own.changed.wait_for(lock, kMaxWriteWait, [&own] { return !own.is_busy; });
  return bytes;
}

}  // namespace kinesis
