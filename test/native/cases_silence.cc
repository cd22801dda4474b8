// Tests a core's process that is stopped or silent, and is ended after a while, and one that is only busy.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>

#include "coroutine_host.h"
#include "process_case.h"
#include "runtime/process/frame.h"
#include "runtime/time_limits.h"
#include "stand_in_core.h"

namespace shim {
namespace {

using coroutine_host::HostThread;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int kLimitSeconds = 2;
// Slack for a machine that runs all cases in parallel under a sanitizer.
constexpr int kSlackSeconds = 20;

void choose_silence_limit() {
  choose_process();
  setenv("KINESIS_SILENCE_TIMEOUT", std::to_string(kLimitSeconds).c_str(), 1);
}

// Eight flushes wait, and one more with the chunk and the tag that silence the process: all get retry.
void fall_silent(const std::string &chunk, const char *tag) {
  choose_silence_limit();
  Known instance("one");
  CHECK(instance.init() == kFlbOk);
  std::vector<int> codes(8, -1);
  auto threads = flush_in_threads(instance, stand_in::kHold, codes);
  wait_until_held_by(instance, static_cast<int>(codes.size()));
  const auto begin = Clock::now();
  CHECK(instance.flush(chunk, tag) == kFlbRetry);
  for (auto &thread : threads) thread.join();
  const auto passed = Clock::now() - begin;
  CHECK(passed >= seconds(kLimitSeconds) / 2 && passed < seconds(kLimitSeconds + kSlackSeconds));
  for (const int code : codes) CHECK(code == kFlbRetry);
  instance.expect_known();
}

void stopped() { fall_silent("", stand_in::kFreeze); }

void stopped_in_a_frame() {
  kinesis::FrameHeader header{kinesis::FrameKind::kLog};
  header.text_bytes = 1000;
  fall_silent(std::string(reinterpret_cast<const char *>(&header), sizeof header) + "half", stand_in::kRawAndFreeze);
}

// The process is ended only after the next flush comes: no request waits until then.
void stopped_at_rest() {
  choose_silence_limit();
  Known instance("one");
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("", stand_in::kReplyAndFreeze) == instance.expected("", stand_in::kReplyAndFreeze));
  usleep(kLimitSeconds * 1500000);
  CHECK(!has_no_child());
  CHECK(instance.flush("chunk", "tag") == kFlbRetry);
  instance.expect_known();
}

void stopped_under_coroutines() {
  coroutine_host::export_names(HOST_NAMES);
  choose_silence_limit();
  HostThread engine;
  Known instance("one");
  CHECK(instance.init() == kFlbOk);
  auto flushes = engine.flush_all(3, instance, stand_in::kHold);
  wait_until_held_by(instance, 3);
  flushes.push_back(engine.flush(instance, "", stand_in::kFreeze));
  for (const auto &flush : flushes) CHECK(flush->code() == kFlbRetry);
  instance.expect_known();
  CHECK(engine.end([&] { CHECK(instance.exit() == kFlbOk); }) == 0);
}

// A script runs for longer than the limit, with other requests open.
void busy() {
  choose_silence_limit();
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<int> codes(4, -1);
  auto threads = flush_in_threads(instance, stand_in::kHold, codes);
  wait_until_held_by(instance, static_cast<int>(codes.size()));
  const std::string milliseconds = std::to_string(kLimitSeconds * 2000);
  CHECK(instance.flush(milliseconds, stand_in::kBusy) == instance.expected(milliseconds, stand_in::kBusy));
  CHECK(instance.flush("", stand_in::kRelease) == instance.expected("", stand_in::kRelease));
  for (auto &thread : threads) thread.join();
  for (const int code : codes) CHECK(code == instance.expected("chunk of a thread", stand_in::kHold));
}

// A script never ends, while its process still sends signs.
void stuck() {
  choose_silence_limit();
  Known instance("one");
  CHECK(instance.init() == kFlbOk);
  const auto begin = Clock::now();
  CHECK(instance.flush("3600000", stand_in::kBusy) == kFlbRetry);
  CHECK(Clock::now() - begin >= seconds(kinesis::kStuckFactor * kLimitSeconds - 1));
  instance.expect_known();
}

void late_with_half_a_frame() {
  choose_process();
  setenv("KINESIS_START_TIMEOUT", "1", 1);
  setenv(stand_in::kBeforeUpVariable, "half-a-frame", 1);
  Instance instance;
  const auto begin = Clock::now();
  CHECK(instance.init() == kFlbError && has_no_child());
  CHECK(Clock::now() - begin < seconds(1 + kSlackSeconds));
  unsetenv(stand_in::kBeforeUpVariable);
  setenv("KINESIS_START_TIMEOUT", "60", 1);
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
}

void wrong_limit() {
  choose_process();
  Instance instance;
  for (const char *wrong : {"0", "1", "3601", "-5", "2.5", "2s", "99999999999999999999"}) {
    setenv("KINESIS_SILENCE_TIMEOUT", wrong, 1);
    CHECK(instance.init() == kFlbError);
  }
  for (const char *right : {"3600", "2", ""}) {
    setenv("KINESIS_SILENCE_TIMEOUT", right, 1);
    CHECK(instance.init() == kFlbOk && instance.exit() == kFlbOk);
  }
}

}  // namespace

Cases silence_cases() {
  return {{"process-stopped", stopped},
          {"process-stopped-in-a-frame", stopped_in_a_frame},
          {"process-stopped-at-rest", stopped_at_rest},
          {"process-stopped-under-coroutines", stopped_under_coroutines},
          {"process-busy", busy},
          {"process-stuck", stuck},
          {"process-late-with-half-a-frame", late_with_half_a_frame},
          {"process-wrong-silence-limit", wrong_limit}};
}

}  // namespace shim
