// Implements host_platform.h on Windows with LoadLibrary, fibers, and a console that can end the process.
//
// Fluent Bit's coroutines on Windows are fibers too, with the stack size that the linker gave the program, 1 MiB; here
// it is the smallest that Windows allows, 64 KiB.
#include <windows.h>

// Needs the types of windows.h.
#include <fcntl.h>
#include <io.h>
#include <psapi.h>
#include <string.h>
#include <tlhelp32.h>

#include <cstdio>
#include <cstdlib>

#include "host_platform.h"

namespace {

constexpr SIZE_T kFiberStackBytes = 64 * 1024;

void (*end_process)() = nullptr;

BOOL WINAPI on_console_event(DWORD) {
  end_process();
  return TRUE;
}

struct Call {
  void (*function)(void *);
  void *argument;
  void *back;
};

void CALLBACK enter(void *argument) {
  auto *call = static_cast<Call *>(argument);
  call->function(call->argument);
  SwitchToFiber(call->back);
}

std::wstring wide(const std::string &text) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, text.c_str(), static_cast<int>(text.size()), nullptr, 0);
  std::wstring converted(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.c_str(), static_cast<int>(text.size()), converted.data(), length);
  return converted;
}

long count_threads() {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  if (snapshot == INVALID_HANDLE_VALUE) return 0;
  long threads = 0;
  THREADENTRY32 entry{};
  entry.dwSize = sizeof(entry);
  for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
    if (entry.th32OwnerProcessID == GetCurrentProcessId()) threads++;
  }
  CloseHandle(snapshot);
  return threads;
}

}  // namespace

namespace host {

int compare_ignoring_case(const std::string &a, const std::string &b) { return _stricmp(a.c_str(), b.c_str()); }

void *open_library(const std::string &path, std::string &error) {
  const HMODULE library = LoadLibraryW(wide(path).c_str());
  if (library == nullptr) error = "LoadLibrary: error " + std::to_string(GetLastError());
  return reinterpret_cast<void *>(library);
}

void *find_function(void *library, const char *name) {
  return reinterpret_cast<void *>(GetProcAddress(static_cast<HMODULE>(library), name));
}

void close_library(void *library) { FreeLibrary(static_cast<HMODULE>(library)); }

void call_on_small_stack(void (*function)(void *), void *argument) {
  const bool was_fiber = IsThreadAFiber();
  void *thread = was_fiber ? GetCurrentFiber() : ConvertThreadToFiberEx(nullptr, FIBER_FLAG_FLOAT_SWITCH);
  Call call{function, argument, thread};
  void *fiber = CreateFiberEx(0, kFiberStackBytes, FIBER_FLAG_FLOAT_SWITCH, enter, &call);
  if (thread == nullptr || fiber == nullptr) abort();
  SwitchToFiber(fiber);
  DeleteFiber(fiber);
  if (!was_fiber) ConvertFiberToThread();
}

Usage measure_usage() {
  PROCESS_MEMORY_COUNTERS counters{};
  GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters));
  DWORD handles = 0;
  GetProcessHandleCount(GetCurrentProcess(), &handles);
  return {static_cast<long>(counters.WorkingSetSize / 1024), count_threads(), static_cast<long>(handles)};
}

void prepare(void (*end)()) {
  // This C library has no line buffers; without binary mode, lines would end in CR LF.
  _setmode(_fileno(stdin), _O_BINARY);
  _setmode(_fileno(stdout), _O_BINARY);
  _setmode(_fileno(stderr), _O_BINARY);
  setvbuf(stdout, nullptr, _IONBF, 0);
  setvbuf(stderr, nullptr, _IONBF, 0);
  end_process = end;
  if (getenv("HOST_WITHOUT_STANDARD_ERROR") != nullptr) SetStdHandle(STD_ERROR_HANDLE, nullptr);
  SetConsoleCtrlHandler(on_console_event, TRUE);
}

// Handlers are a list: the last one set is called first, and none can replace another.
OwnSignals own_signals() { return {1, 1}; }

}  // namespace host
