// Shared parts of the cases about a core in a separate process.
#include "process_case.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "fluent_bit/host_log.h"
#include "stand_in_core.h"

namespace shim {
namespace {

constexpr useconds_t kPauseMicroseconds = 5000;

int entries_of(const char *path) {
  DIR *folder = opendir(path);
  CHECK(folder != nullptr);
  int count = 0;
  while (readdir(folder) != nullptr) count++;
  closedir(folder);
  return count - 2;  // "." and ".."
}

}  // namespace

void choose_process() { setenv("KINESIS_RUNTIME", "process", 1); }

Known::Known(const std::string &memory) : memory(memory) { options[stand_in::kRemember] = memory; }

int Known::recollection() const {
  const bool has_log = kinesis::has_host_log();
  const std::string whole = stand_in::remembered(memory, has_log ? "kinesis.7" : "", has_log ? 3 : 0);
  return stand_in::fingerprint(0, whole.data(), whole.size(), stand_in::kRecall);
}

void Known::expect_known() const { CHECK(flush_until_not_retry(*this, "", stand_in::kRecall) == recollection()); }

int flush_until_not_retry(const Instance &instance, const std::string &chunk, const char *tag) {
  for (;;) {
    const int code = instance.flush(chunk, tag);
    if (code != kFlbRetry) return code;
    usleep(kPauseMicroseconds);
  }
}

void wait_until_held_by(const Instance &instance, int count) {
  while (instance.flush("", stand_in::kHeld) != count) usleep(kPauseMicroseconds);
}

bool has_no_child() { return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

int open_descriptors() { return entries_of("/proc/self/fd"); }

int running_threads() { return entries_of("/proc/self/task"); }

}  // namespace shim
