// KINESIS_NODE_OPTIONS: options for the Node that runs the core, taken apart.
#pragma once

#include <string>
#include <vector>

namespace kinesis {

/// A script that Node loads before the core: by require(), or by import() where `is_module`.
struct Preload {
  std::string name;
  bool is_module = false;
};

/// What the variable asks for. Preloads are taken out: Node would end the process, which may be Fluent Bit's, where one
/// cannot be loaded; the plugin's own script loads them instead (bootstrap.cc).
struct NodeOptions {
  std::string error;  // for the user; empty when the options can be read
  std::vector<Preload> preloads;
  std::string others;  // in the form of NODE_OPTIONS
};

/// Takes apart the variable of this process. The others begin with the plugin's own limit of the heap.
NodeOptions read_node_options();

/// What to add to the message of a start that failed: empty when the variable is unset.
std::string hint_of_node_options();

}  // namespace kinesis
