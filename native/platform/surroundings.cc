// What the plugin remembers of the moment when Fluent Bit loaded it: its own path, and where messages go.
#include "platform/surroundings.h"

#include "platform/log_text.h"
#include "platform/messages.h"
#include "platform/platform.h"

namespace kinesis {

Surroundings &Surroundings::get() {
  // Never destroyed: threads of ours may outlive static destruction.
  static auto *surroundings = new Surroundings();
  return *surroundings;
}

void Surroundings::remember() {
  if (is_remembered_) return;
  is_remembered_ = true;
  Messages::get().keep_standard_error();
  own_path_ = own_library_path();
  stay_loaded();
}

void Surroundings::say(std::string_view message) const {
  const std::string text = log_text(message);
  const std::string_view parts[] = {"[kinesis] ", text, "\n"};
  Messages::get().write(parts, 3);
}

}  // namespace kinesis
