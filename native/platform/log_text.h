// Makes a message fit for a log or a terminal.
#pragma once

#include <string>
#include <string_view>

namespace kinesis {

/// Returns the message with control characters, separators of lines and marks of direction escaped as \uXXXX: what it
/// quotes, such as a variable, may hold any. Line feeds stay; a line of more than 1 KiB loses its middle, which it
/// says.
std::string log_text(std::string_view message);

}  // namespace kinesis
