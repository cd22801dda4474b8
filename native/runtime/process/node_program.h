// Finds the program node: KINESIS_NODE, beside the plugin, or on PATH.
#pragma once

#include <string>

namespace kinesis {

/// Puts the path of the program node into `program`. Returns "", or a message for the user when no program was found.
std::string find_node_program(std::string &program);

}  // namespace kinesis
