// The functions of the test program behind the names that Fluent Bit's program exports.
#pragma once

#include <cstdint>

namespace coroutine_host {

struct HostFunctions {
  void *(*coro_get)();
  void (*coro_set)(void *coroutine);
  void *(*loop_get)();
  int (*event_add)(void *loop, int descriptor, int type, uint32_t mask, void *event);
  int (*event_del)(void *loop, void *event);
  void *(*co_active)();
  void (*co_switch)(void *context);
};

}  // namespace coroutine_host
