// Starts and ends a child process that ends with this process, on Linux.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/process/child_process.h"
#include "runtime/process/close_descriptors.h"

namespace kinesis {
namespace {

constexpr int kPollMs = 10;

// The child's descriptor for the connection, as Connection::names has it; the highest that the program gets.
constexpr int kConnection = 3;

// The child's descriptor for the error that keeps exec from happening; a successful exec closes it.
constexpr int kReport = kConnection + 1;

// Called between fork and exec: must not wait for a lock that another thread of the host holds. Moves the descriptors
// up first, so that none is overwritten before it is in its place.
bool arrange_descriptors(int connection, int message_descriptor, int report) {
  const int nothing = fcntl(open("/dev/null", O_RDWR), F_DUPFD, kReport + 1);
  const int messages = fcntl(message_descriptor, F_DUPFD, kReport + 1);
  const int link = fcntl(connection, F_DUPFD, kReport + 1);
  const int failure = fcntl(report, F_DUPFD, kReport + 1);
  if (nothing < 0 || link < 0 || failure < 0 || dup2(failure, kReport) < 0) return false;
  if (fcntl(kReport, F_SETFD, FD_CLOEXEC) != 0 || dup2(link, kConnection) < 0) return false;
  if (dup2(messages >= 0 ? messages : nothing, 2) < 0) return false;
  if (dup2(nothing, 1) < 0 || dup2(nothing, 0) < 0) return false;
  close_descriptors_from(kReport + 1);
  return true;
}

[[noreturn]] void become(const char *program, char **argv, char **environment, pid_t parent, int connection,
                         int message_descriptor, int report) {
  // Until exec, a signal would run the host's handler. SIGKILL and SIGSTOP have no handler; the call then fails.
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const bool is_arranged = arrange_descriptors(connection, message_descriptor, report);
  if (is_arranged) execve(program, argv, environment);
  const int reason = errno;
  (void)!write(is_arranged ? kReport : report, &reason, sizeof reason);
  _exit(127);
}

// Returns the texts ended by null, as execve() requires; execve() does not change them.
std::vector<char *> null_ended(const std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  for (const std::string &text : texts) pointers.push_back(const_cast<char *>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::string ChildProcess::start(const std::string &program, const std::vector<std::string> &arguments,
                                const std::vector<std::string> &environment, const Connection &theirs,
                                int message_descriptor) {
  std::vector<char *> argv = null_ended(arguments), variables = null_ended(environment);
  const pid_t parent = getpid();
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    const int reason = errno;
    theirs.close();
    return strerror(reason);
  }
  const pid_t child = fork();
  if (child == 0) {
    become(program.c_str(), argv.data(), variables.data(), parent, static_cast<int>(theirs.reader()),
           message_descriptor, report[1]);
  }
  int reason = child < 0 ? errno : 0;
  ::close(report[1]);
  theirs.close();
  if (child > 0 && read(report[0], &reason, sizeof reason) > 0) {
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  ::close(report[0]);
  if (reason != 0) return strerror(reason);
  id_ = child;
  return "";
}

std::string ChildProcess::wait() {
  int status = 0;
  pid_t ended;
  do {
    ended = waitpid(static_cast<pid_t>(id_), &status, 0);
  } while (ended < 0 && errno == EINTR);
  // A host that ignores SIGCHLD, or waits for all children, has taken the status.
  if (ended < 0) return "unknown status";
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "status " + std::to_string(WEXITSTATUS(status));
}

bool ChildProcess::has_ended_within(int64_t timeout_ms) {
  for (int64_t waited_ms = 0;; waited_ms += kPollMs) {
    siginfo_t info{};
    const int result = waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT);
    if ((result == 0 && info.si_pid != 0) || (result != 0 && errno == ECHILD)) return true;
    if (waited_ms >= timeout_ms) return false;
    usleep(kPollMs * 1000);
  }
}

void ChildProcess::kill() { ::kill(static_cast<pid_t>(id_), SIGKILL); }

// A terminal's Ctrl-C and Ctrl-\ and a service manager's SIGTERM reach all processes of the group, but the host decides
// when to end. SIGUSR1 would make Node listen for a debugger. node::Start has set its own handlers, so this comes after
// it.
void live_as_child() {
  for (const int number : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGUSR1}) signal(number, SIG_IGN);
}

bool has_standard_error_of_host() { return true; }

}  // namespace kinesis
