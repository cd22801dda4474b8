// Looks up Fluent Bit's logging functions and calls them.
//
// Source of the signatures, unchanged from Fluent Bit 2.0 to 5.1: include/fluent-bit/flb_log.h and flb_output.h.
#include "fluent_bit/host_log.h"

#include "platform/platform.h"

namespace kinesis {
namespace {

void (*log_print)(int type, const char *file, int line, const char *format, ...) = nullptr;
int (*log_check)(void *output_instance, int level) = nullptr;
const char *(*output_name)(void *output_instance) = nullptr;

}  // namespace

bool has_host_log() {
  static const bool is_complete = look_up(log_print, "flb_log_print") && look_up(log_check, "flb_output_log_check") &&
                                  look_up(output_name, "flb_output_name");
  return is_complete;
}

std::string host_name_of(void *output_instance) {
  const char *name = output_name(output_instance);
  return name == nullptr ? "kinesis" : name;
}

int host_log_level_of(void *output_instance) {
  int level = 0;
  while (level < 4 && log_check(output_instance, level + 1) != 0) level++;
  return level;
}

void print_to_host_log(int level, const std::string &text) {
  if (has_host_log()) log_print(level, nullptr, 0, "%s", text.c_str());
}

}  // namespace kinesis
