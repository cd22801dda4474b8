// Returns a message fit for a log or a terminal.
#pragma once

#include <string>
#include <string_view>

namespace kinesis {

/// Returns the message with control characters, line separators and direction marks escaped as \uXXXX: quoted text,
/// such as a variable, may hold any of them. Line feeds stay. A line of more than 1 KiB loses its middle, which is
/// marked.
std::string log_text(std::string_view message);

}  // namespace kinesis
