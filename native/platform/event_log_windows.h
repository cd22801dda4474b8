// Writes to the Windows event log, which takes warnings and errors when there is no standard error.
#pragma once

#include <string_view>

namespace kinesis {

/// Adds a message to the log named Application, unless its level is below a warning. May wait for the log's service.
void report_to_event_log(std::string_view message);

}  // namespace kinesis
