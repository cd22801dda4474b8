// Calls the plugin's exports from several threads in random order and with odd arguments: fuzz_entry_points SEED CALLS.
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>

#include "shim_host.h"
#include "stand_in_core.h"

namespace {

using shim::Instance;

constexpr int kThreads = 6;

// How the process ends: in order, after Node died, after the core left, or with threads still calling.
enum class Ending { kInOrder, kDie, kExit, kStillCalling };

struct Plan {
  unsigned seed;
  int calls;
  Ending ending;
};

// Contexts that were open at some time. Never destroyed: threads may use them until the process ends.
struct Contexts {
  std::mutex mutex;
  std::vector<void *> all;

  void add(void *context) {
    std::lock_guard<std::mutex> lock(mutex);
    all.push_back(context);
  }
  void *any(std::mt19937 &random) {
    std::lock_guard<std::mutex> lock(mutex);
    return all.empty() ? nullptr : all[random() % all.size()];
  }
};
Contexts &contexts = *new Contexts;
std::atomic<bool> ending{false};
std::atomic<long> done{0};

void *odd_context(std::mt19937 &random) {
  static const uintptr_t odd[] = {0, 1, 4711, UINTPTR_MAX, UINTPTR_MAX / 2};
  return random() % 4 == 0 ? reinterpret_cast<void *>(odd[random() % 5]) : contexts.any(random);
}

void flush(std::mt19937 &random) {
  static const char *const tags[] = {"tag",           "", nullptr, "kube.var.log.containers.a.b", "t\xc3\xa9g \xff\n%s",
                                     stand_in::kTwice};
  static const int lengths[] = {0, -1, INT_MIN, 1, 17, 4096};
  void *context = odd_context(random);
  const char *tag = tags[random() % 6];
  const int length = lengths[random() % 6];
  const std::vector<char> chunk(length > 0 ? length : 1, static_cast<char>(random()));
  const void *data = length <= 0 && random() % 2 == 0 ? nullptr : chunk.data();
  const int code = FLBPluginFlushCtx(context, data, length, tag);
  if (ending && code == kFlbRetry) return;
  const int64_t number = static_cast<int64_t>(reinterpret_cast<intptr_t>(context)) - 1;
  const size_t bytes = length > 0 ? static_cast<size_t>(length) : 0;
  CHECK(code == stand_in::fingerprint(number, data, bytes, tag == nullptr ? "" : tag));
}

void init(std::mt19937 &random) {
  Instance instance;
  const bool refused = random() % 3 == 0;
  if (refused) instance.options[stand_in::kRefuse] = "yes";
  const int code = instance.init();
  if (code == kFlbOk) contexts.add(instance.context);
  CHECK((code == kFlbOk) == (instance.context != nullptr));
  CHECK(code == kFlbOk || refused || ending);
}

void call(std::mt19937 &random) {
  flb_plugin_proxy_def definition{};
  switch (random() % 20) {
    case 0:
    case 1:
      return init(random);
    case 2:
    case 3:
      CHECK(FLBPluginExitCtx(odd_context(random)) == kFlbOk);
      return;
    case 4:
      CHECK(FLBPluginExit() == kFlbOk);
      return;
    case 5:  // a hot reload
      CHECK(FLBPluginRegister(&definition) == 0);
      return;
    case 6:
      return FLBPluginUnregister(&definition);
    default:
      return flush(random);
  }
}

void run(const Plan &plan) {
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; number++) {
    threads.emplace_back([plan, number] {
      std::mt19937 random(plan.seed * kThreads + number);
      for (int turn = 0; turn < plan.calls || plan.ending == Ending::kStillCalling; turn++) {
        call(random);
        done++;
      }
    });
  }
  if (plan.ending == Ending::kStillCalling) {
    while (done < plan.calls) usleep(1000);
    ending = true;
    for (auto &thread : threads) thread.detach();
    return;
  }
  if (plan.ending != Ending::kInOrder) {
    while (done < plan.calls) usleep(1000);
    ending = true;
    CHECK(FLBPluginFlushCtx(nullptr, "x", 1, plan.ending == Ending::kDie ? stand_in::kDie : stand_in::kExit) ==
          kFlbRetry);
  }
  for (auto &thread : threads) thread.join();
  std::mt19937 random(plan.seed);
  const int after = FLBPluginFlushCtx(contexts.any(random), "x", 1, "after");
  CHECK((after == kFlbRetry) == (plan.ending != Ending::kInOrder));
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const unsigned seed = static_cast<unsigned>(strtoul(argv[1], nullptr, 10));
  const Plan plan{seed, atoi(argv[2]), static_cast<Ending>(seed % 4)};
  flb_plugin_proxy_def definition{};
  CHECK(FLBPluginRegister(&definition) == 0);
  Instance first;
  CHECK(first.init() == kFlbOk);
  contexts.add(first.context);
  run(plan);
  exit(EXIT_SUCCESS);
}
