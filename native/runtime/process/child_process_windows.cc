// Starts and ends a child process that ends with this process, on Windows.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <memory>

#include "platform/wide_text_windows.h"
#include "runtime/process/child_process.h"
#include "runtime/process/handle_windows.h"
#include "runtime/process/message_pipe_windows.h"

namespace kinesis {
namespace {

// Source: "Parsing C command-line arguments" in Microsoft's documentation of the C runtime.
std::wstring command_line_of(const std::vector<std::string> &arguments) {
  std::string line;
  for (const std::string &argument : arguments) {
    if (!line.empty()) line += ' ';
    line += '"';
    size_t backslashes = 0;
    for (const char c : argument) {
      if (c == '"') line.append(backslashes + 1, '\\');
      backslashes = c == '\\' ? backslashes + 1 : 0;
      line += c;
    }
    line.append(backslashes, '\\');
    line += '"';
  }
  return wide(line);
}

// Source: CreateProcessW in Microsoft's documentation: each variable ends with a null, and so does the whole.
std::wstring block_of(const std::vector<std::string> &environment) {
  std::wstring block;
  for (const std::string &variable : environment) (block += wide(variable)) += L'\0';
  return block + L'\0';
}

// The handles that a program inherits. It inherits no others: the host's handles stay the host's.
class Inheritance {
 public:
  ~Inheritance() {
    if (list_ != nullptr) DeleteProcThreadAttributeList(list_);
    if (nothing_ != INVALID_HANDLE_VALUE) CloseHandle(nothing_);
  }

  // Returns a reason on failure, else an empty string.
  std::string open(const Connection &connection) {
    SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
    nothing_ = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                           OPEN_EXISTING, 0, nullptr);
    if (nothing_ == INVALID_HANDLE_VALUE) return last_error();
    const std::string error = messages_.open();
    if (!error.empty()) return error;
    for (const Connection::Number number : {connection.reader(), connection.writer()}) {
      if (!SetHandleInformation(handle_of(number), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT)) return last_error();
      handles_[count_++] = handle_of(number);
    }
    handles_[count_++] = nothing_;
    handles_[count_++] = messages_.program_end();

    SIZE_T bytes = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &bytes);
    memory_.reset(new char[bytes]);
    auto *list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.get());
    if (!InitializeProcThreadAttributeList(list, 1, 0, &bytes)) return last_error();
    list_ = list;
    const bool is_set = UpdateProcThreadAttribute(list_, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_,
                                                  count_ * sizeof *handles_, nullptr, nullptr);
    return is_set ? "" : last_error();
  }

  STARTUPINFOEXW startup() const {
    STARTUPINFOEXW info{};
    info.StartupInfo.cb = sizeof info;
    info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    info.StartupInfo.hStdInput = nothing_;
    info.StartupInfo.hStdOutput = nothing_;
    info.StartupInfo.hStdError = messages_.program_end();
    info.lpAttributeList = list_;
    return info;
  }

 private:
  HANDLE nothing_ = INVALID_HANDLE_VALUE;
  MessagePipe messages_;
  HANDLE handles_[4] = {};
  size_t count_ = 0;
  std::unique_ptr<char[]> memory_;
  LPPROC_THREAD_ATTRIBUTE_LIST list_ = nullptr;
};

// Creates a job whose processes are killed when its last handle is closed, also by the end of this process.
HANDLE deadly_job() {
  HANDLE job = CreateJobObjectW(nullptr, nullptr);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (job != nullptr) SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
  return job;
}

}  // namespace

std::string ChildProcess::start(const std::string &program, const std::vector<std::string> &arguments,
                                const std::vector<std::string> &environment, const Connection &theirs, int) {
  Inheritance inheritance;
  std::string error = inheritance.open(theirs);
  if (error.empty()) {
    STARTUPINFOEXW startup = inheritance.startup();
    std::wstring command_line = command_line_of(arguments), block = block_of(environment);
    PROCESS_INFORMATION process{};
    // Suspended, so that none of its code runs outside the job.
    const DWORD flags = CREATE_NO_WINDOW | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    if (CreateProcessW(wide(program).c_str(), command_line.data(), nullptr, nullptr, TRUE, flags, block.data(), nullptr,
                       &startup.StartupInfo, &process)) {
      HANDLE job = deadly_job();
      // Without a job, it still sees the end of its connection.
      if (job != nullptr) AssignProcessToJobObject(job, process.hProcess);
      ResumeThread(process.hThread);
      CloseHandle(process.hThread);
      id_ = reinterpret_cast<intptr_t>(process.hProcess);
      job_ = reinterpret_cast<intptr_t>(job);
    } else {
      error = last_error();
    }
  }
  theirs.close();
  return error;
}

std::string ChildProcess::wait() {
  WaitForSingleObject(handle_of(id_), INFINITE);
  DWORD status = 0;
  GetExitCodeProcess(handle_of(id_), &status);
  CloseHandle(handle_of(id_));
  if (job_ != 0) CloseHandle(handle_of(job_));
  return "status " + std::to_string(status);
}

bool ChildProcess::has_ended_within(int64_t timeout_ms) {
  return WaitForSingleObject(handle_of(id_), static_cast<DWORD>(timeout_ms)) == WAIT_OBJECT_0;
}

// Also kills the processes that it started, which may hold the connection open.
void ChildProcess::kill() {
  if (job_ == 0 || !TerminateJobObject(handle_of(job_), 1)) TerminateProcess(handle_of(id_), 1);
}

// The program has its own, hidden console (CREATE_NO_WINDOW), so no Ctrl-C reaches it; if one did, it would be meant
// for the host.
void live_as_child() { SetConsoleCtrlHandler(nullptr, TRUE); }

bool has_standard_error_of_host() { return false; }

}  // namespace kinesis
