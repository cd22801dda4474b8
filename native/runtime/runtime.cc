// Waits that both places where Node runs the core have in common.
#include "runtime/runtime.h"

#include "platform/surroundings.h"
#include "runtime/start_limit.h"

namespace kinesis {

int64_t wait_for_init(uint32_t id) {
  const std::optional<int64_t> answer = RequestTable::get().wait(id, start_timeout_ms());
  if (!answer) Surroundings::get().say("Failed to initialize plugin: its core in Node.js " + lateness());
  return answer.value_or(reply_without_core(RequestKind::kInit));
}

}  // namespace kinesis
