// Sets the NODE_OPTIONS that Node reads: the plugin's own, since those of the process are meant for other programs.
#pragma once

#include <string>
#include <vector>

namespace kinesis {

/// Makes Node's start in this process read `options` as NODE_OPTIONS. Until restore_node_options(), programs that the
/// host starts would get them too.
void lend_node_options(const std::string &options);

/// Restores the process's own NODE_OPTIONS. May be called again.
void restore_node_options();

/// Returns the environment for Node in a separate process. Its NODE_OPTIONS are `options`; those of this process are in
/// KINESIS_HOST_NODE_OPTIONS, from where the script of bootstrap.cc restores them.
std::vector<std::string> environment_of_node(const std::string &options);

}  // namespace kinesis
