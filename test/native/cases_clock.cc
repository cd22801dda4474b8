// Tests waits of the shim while the system clock is set: they use a clock that cannot be set.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>

#include "fluent_bit/request.h"
#include "shim_host.h"
#include "stand_in_core.h"

namespace {

std::atomic<int> ahead_seconds{0};

}  // namespace

// Replaces glibc's function: for the program, the system clock is ahead of the kernel's, as if it was set back right
// after.
extern "C" int clock_gettime(clockid_t id, timespec *time) noexcept {
  const long result = syscall(SYS_clock_gettime, id, time);
  if (result == 0 && id == CLOCK_REALTIME) time->tv_sec += ahead_seconds;
  return static_cast<int>(result);
}

namespace shim {
namespace {

using kinesis::Request;
using kinesis::RequestKind;
using kinesis::RequestTable;

constexpr int kHourSeconds = 3600;
constexpr int64_t kTimeoutMs = 200;

void clock_set_back_while_waiting() {
  ahead_seconds = kHourSeconds;
  const auto begin = std::chrono::steady_clock::now();
  const uint32_t id = RequestTable::get().add(std::make_shared<Request>(RequestKind::kExit));
  CHECK(!RequestTable::get().wait(id, kTimeoutMs));
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(kTimeoutMs));
}

// Node replies to the stop but never ends: the process leaves all the same.
void node_never_ends() {
  Instance instance;
  instance.options[stand_in::kNeverEnd] = "yes";
  CHECK(instance.init() == kFlbOk);
  ahead_seconds = kHourSeconds;
}

}  // namespace

Cases clock_cases() {
  return {{"clock-set-back-while-waiting", clock_set_back_while_waiting}, {"node-never-ends", node_never_ends}};
}

}  // namespace shim
