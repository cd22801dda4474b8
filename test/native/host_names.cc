// Exports the names by which a plugin finds Fluent Bit's coroutines and event loops. One of them may be missing.
#include "host_names.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

coroutine_host::HostFunctions host{};

}  // namespace

EXPORTED void *flb_coro_get() { return host.coro_get(); }
#ifndef WITHOUT_CORO_SET
EXPORTED void flb_coro_set(void *coroutine) { host.coro_set(coroutine); }
#endif
EXPORTED void *flb_engine_evl_get() { return host.loop_get(); }
EXPORTED int mk_event_add(void *loop, int descriptor, int type, uint32_t mask, void *event) {
  return host.event_add(loop, descriptor, type, mask, event);
}
EXPORTED int mk_event_del(void *loop, void *event) { return host.event_del(loop, event); }
EXPORTED void *co_active() { return host.co_active(); }
EXPORTED void co_switch(void *context) { host.co_switch(context); }
#ifndef AS_BEFORE_2_1_1
// Only its presence matters.
EXPORTED int flb_input_log_append_skip_processor_stages() { return 0; }
#endif

EXPORTED void coroutine_host_use(const coroutine_host::HostFunctions *functions) { host = *functions; }
