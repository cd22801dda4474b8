// Converts texts between UTF-8, which the shim uses, and UTF-16, which Windows uses.
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <string>

namespace kinesis {

inline std::wstring wide(const std::string &text) {
  const int bytes = static_cast<int>(text.size());
  std::wstring result(static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, result.data(), static_cast<int>(result.size()));
  return result;
}

inline std::string narrow(const std::wstring &text) {
  const int length = static_cast<int>(text.size());
  const int bytes = WideCharToMultiByte(CP_UTF8, 0, text.data(), length, nullptr, 0, nullptr, nullptr);
  std::string result(static_cast<size_t>(bytes), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), length, result.data(), bytes, nullptr, nullptr);
  return result;
}

/// Returns the last error of a Windows call, such as "The specified module could not be found (error 126)".
inline std::string last_error() {
  const DWORD code = GetLastError();
  wchar_t text[512];
  DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code, 0, text,
                                sizeof text / sizeof *text, nullptr);
  while (length > 0 && (text[length - 1] <= L' ' || text[length - 1] == L'.')) length--;
  return narrow(std::wstring(text, length)) + " (error " + std::to_string(code) + ")";
}

}  // namespace kinesis
