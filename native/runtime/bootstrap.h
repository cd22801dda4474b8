// How Node is started: its options, and the script that it begins with.
#pragma once

#include <string>
#include <vector>

#include "runtime/node_options.h"

namespace kinesis {

/// What Node's command line depends on.
struct NodeStart {
  std::string own_path;    // of the library
  std::string connection;  // to the host, see Connection::names; empty when the host is this process
  std::vector<Preload> preloads;
  bool may_execute_memory = true;
};

/// Node's command line. The script loads the library as a Node-API addon, then the preloads, and runs the embedded
/// bundle with it.
std::vector<std::string> node_arguments(const NodeStart &start);

}  // namespace kinesis
