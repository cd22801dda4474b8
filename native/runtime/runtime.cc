// Waits for the core's reply to an init, in either runtime.
#include "runtime/runtime.h"

#include "platform/loaded_plugin.h"
#include "runtime/start_limit.h"

namespace kinesis {

int64_t wait_for_init(uint32_t id) {
  const std::optional<int64_t> reply = RequestTable::get().wait(id, start_timeout_ms());
  if (!reply) LoadedPlugin::get().report("Failed to initialize plugin: its core in Node.js " + lateness());
  return reply.value_or(reply_without_core(RequestKind::kInit));
}

}  // namespace kinesis
