// Parses KINESIS_NODE_OPTIONS: options for the Node that runs the core.
#pragma once

#include <string>
#include <vector>

namespace kinesis {

/// A script that Node loads before the core: by require(), or by import() where `is_module`.
struct Preload {
  std::string name;
  bool is_module = false;
};

/// Parsed KINESIS_NODE_OPTIONS. Preloads are separate: if one cannot be loaded, Node would end the process, which may
/// be Fluent Bit's. The plugin's own script loads them instead (bootstrap.cc).
struct NodeOptions {
  std::string error;  // message for the user; empty when the options are valid
  std::vector<Preload> preloads;
  std::string others;  // in the format of NODE_OPTIONS
};

/// Parses the variable of this process. `others` begins with the plugin's own heap limit.
NodeOptions read_node_options();

/// Returns the hint to add to the message of a failed start; empty when the variable is unset.
std::string hint_of_node_options();

}  // namespace kinesis
