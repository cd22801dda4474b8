// Tests replies: each flush gets its own, whichever threads, instances and core it has.
#include <malloc.h>

#include "fluent_bit/open_instances.h"
#include "shim_host.h"
#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

namespace shim {
namespace {

void own_replies() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  std::vector<std::thread> threads;
  for (int number = 0; number < 8; number++) {
    threads.emplace_back([&instance, number] {
      for (int turn = 0; turn < 250; turn++) {
        const std::string chunk = "thread " + std::to_string(number) + " turn " + std::to_string(turn);
        const std::string tag = "tag." + std::to_string(number);
        CHECK(instance.flush(chunk, tag.c_str()) == instance.expected(chunk, tag.c_str()));
      }
    });
  }
  for (auto &thread : threads) thread.join();
  CHECK(instance.exit() == kFlbOk);
}

void odd_arguments() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(FLBPluginFlushCtx(instance.context, nullptr, 0, nullptr) == instance.expected("", ""));
  CHECK(FLBPluginFlushCtx(instance.context, "abc", -1, "tag") == instance.expected("", "tag"));
}

void several_instances() {
  Instance first, second, third;
  for (Instance *instance : {&first, &second, &third}) CHECK(instance->init() == kFlbOk);
  CHECK(first.context != second.context && second.context != third.context && first.context != third.context);
  CHECK(first.context != nullptr && second.context != nullptr && third.context != nullptr);
  CHECK(first.expected("chunk", "tag") != second.expected("chunk", "tag"));
  for (Instance *instance : {&third, &first, &second}) {
    CHECK(instance->flush("chunk", "tag") == instance->expected("chunk", "tag"));
  }
  CHECK(first.exit() == kFlbOk);
  CHECK(second.flush("", stand_in::kCount) == 2);
  CHECK(second.flush("chunk", "tag") == second.expected("chunk", "tag"));
  // Exits as a Fluent Bit that passes no instance.
  CHECK(FLBPluginExit() == kFlbOk && FLBPluginExit() == kFlbOk && FLBPluginExit() == kFlbOk);
  Instance fourth;
  CHECK(fourth.init() == kFlbOk);
  CHECK(fourth.flush("", stand_in::kCount) == 1);
}

void exits_of_the_last() {
  stand_in_host::load(STAND_IN_FLUENT_BIT);
  setenv(stand_in_host::kVersionVariable, "0.2.2", 1);
  Instance first, second, third, last;
  for (Instance *instance : {&first, &second, &third, &last}) CHECK(instance->init() == kFlbOk);
  CHECK(last.exit() == kFlbOk);
  CHECK(first.flush("", stand_in::kCount) == 3);
  CHECK(last.exit() == kFlbOk);
  // Only the oldest has ended.
  CHECK(second.flush("", stand_in::kCount) == 2);
  CHECK(third.flush("chunk", "tag") == third.expected("chunk", "tag"));
  CHECK(last.exit() == kFlbOk && last.exit() == kFlbOk && last.exit() == kFlbOk);
  Instance next;
  CHECK(next.init() == kFlbOk);
  CHECK(next.flush("", stand_in::kCount) == 1);
}

void second_exit() {
  Instance first, second;
  CHECK(first.init() == kFlbOk && second.init() == kFlbOk);
  CHECK(second.exit() == kFlbOk && second.exit() == kFlbOk);
  CHECK(first.flush("", stand_in::kCount) == 1);
}

void number_of_ending() {
  Instance ending, beside, next;
  ending.options[stand_in::kExitTakesMs] = "500";
  CHECK(ending.init() == kFlbOk);
  std::thread exiting([&ending] { CHECK(ending.exit() == kFlbOk); });
  while (kinesis::OpenInstances::get().has_any()) std::this_thread::yield();
  CHECK(beside.init() == kFlbOk);
  CHECK(beside.context != ending.context);
  CHECK(beside.flush("chunk", "tag") == beside.expected("chunk", "tag"));
  exiting.join();
  CHECK(next.init() == kFlbOk);
  CHECK(next.context == ending.context);
  CHECK(next.flush("chunk", "tag") == next.expected("chunk", "tag"));
}

void refused_init() {
  Instance good, bad, later;
  CHECK(good.init() == kFlbOk);
  bad.options[stand_in::kRefuse] = "yes";
  CHECK(bad.init() == kFlbError);
  CHECK(bad.context == nullptr);
  // Exits as Fluent Bit does before it ends.
  CHECK(bad.exit() == kFlbOk);
  CHECK(good.flush("", stand_in::kCount) == 1);
  CHECK(good.flush("chunk", "tag") == good.expected("chunk", "tag"));
  CHECK(later.init() == kFlbOk);
  CHECK(later.flush("chunk", "tag") == later.expected("chunk", "tag"));
}

void replied_twice() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", stand_in::kTwice) == instance.expected("chunk", stand_in::kTwice));
  // The next flush is served after the surplus replies were made, so they have been counted.
  CHECK(instance.flush("next", "tag") == instance.expected("next", "tag"));
  CHECK(instance.flush("", stand_in::kSurplus) == 2);
}

void ten_thousand_flushes() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const std::string chunk(1000, 'x');
  auto flush = [&](int count) {
    for (int turn = 0; turn < count; turn++) CHECK(instance.flush(chunk, "tag") == instance.expected(chunk, "tag"));
  };
  flush(1000);
  const size_t before = mallinfo2().uordblks;
  flush(9000);
  // A leak of one pointer per flush would be at least 72,000 bytes. (Sanitizers and valgrind have their own leak
  // checks.)
  const size_t after = mallinfo2().uordblks;
  CHECK(after < before + 32 * 1024);
  CHECK(instance.exit() == kFlbOk);
}

}  // namespace

Cases reply_cases() {
  return {{"own-replies", own_replies},
          {"odd-arguments", odd_arguments},
          {"several-instances", several_instances},
          {"exits-of-the-last", exits_of_the_last},
          {"second-exit", second_exit},
          {"number-of-ending", number_of_ending},
          {"refused-init", refused_init},
          {"replied-twice", replied_twice},
          {"ten-thousand", ten_thousand_flushes}};
}

}  // namespace shim
