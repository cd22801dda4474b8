// Builds Node's command line: its options, and the script that loads the core.
#pragma once

#include <string>
#include <vector>

#include "runtime/node_options.h"

namespace kinesis {

/// Inputs of Node's command line.
struct NodeStart {
  std::string own_path;    // of this library
  std::string connection;  // to the host, as Connection::names has it; empty when the host is this process
  std::vector<Preload> preloads;
  bool may_execute_memory = true;
};

/// Returns Node's command line. Its script loads the library as a Node-API addon, then the preloads, and runs the
/// embedded bundle with the addon.
std::vector<std::string> node_arguments(const NodeStart &start);

}  // namespace kinesis
