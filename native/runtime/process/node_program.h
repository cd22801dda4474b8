// Finds the program node: by KINESIS_NODE, next to the plugin, or on PATH.
#pragma once

#include <string>

namespace kinesis {

/// Sets `program` to the path of the program node. Returns an empty string, or a message for the user when the program
/// is missing.
std::string find_node_program(std::string &program);

}  // namespace kinesis
