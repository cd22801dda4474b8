// Adds warnings and errors to the Windows event log, with the source "kinesis".
#include "platform/event_log_windows.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <string>

#include "platform/wide_text_windows.h"

namespace kinesis {
namespace {

// Id of an event whose text is "%1". Windows' EventCreate.exe has that text for the ids 1 to 1000, and a source may
// name it for its texts.
constexpr DWORD kEvent = 1;
// Maximum characters of a text; the system's limit is 31,839. Source: ReportEventW in Microsoft's documentation.
constexpr size_t kMaxEventCharacters = 30000;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Returns the event type of a message; 0 when it is not to be reported. Lines of the core have a level; those of this
// library and of Node.js have none, and report failures.
WORD type_of(std::string_view message) {
  const std::string_view head = message.substr(0, message.find(" msg="));
  if (head.substr(0, 5) != "time=") return EVENTLOG_ERROR_TYPE;
  if (contains(head, " level=error")) return EVENTLOG_ERROR_TYPE;
  return contains(head, " level=warning") ? EVENTLOG_WARNING_TYPE : 0;
}

}  // namespace

void report_to_event_log(std::string_view message) {
  const WORD type = type_of(message);
  if (type == 0) return;
  static const HANDLE source = RegisterEventSourceW(nullptr, L"kinesis");
  if (source == nullptr) return;
  std::wstring text = wide(std::string(message.substr(0, message.find_last_not_of('\n') + 1)));
  if (text.size() > kMaxEventCharacters) text.resize(kMaxEventCharacters);
  const wchar_t *texts[] = {text.c_str()};
  ReportEventW(source, type, 0, kEvent, nullptr, 1, 0, texts, nullptr);
}

}  // namespace kinesis
