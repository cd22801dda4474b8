// How Node is started: its options, and the script that it begins with.
#pragma once

#include <string>
#include <vector>

namespace kinesis {

/// Node's command line. The script loads the library at `own_path` as a Node-API addon and runs the embedded bundle
/// with it. `connection` names the connection to the host, see Connection::names; empty when the host is this process.
std::vector<std::string> node_arguments(const std::string &own_path, const std::string &connection);

}  // namespace kinesis
