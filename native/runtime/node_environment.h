// The NODE_OPTIONS that Node finds: the plugin's own, while those of the process are meant for other programs.
#pragma once

#include <string>
#include <vector>

namespace kinesis {

/// Has Node's start in this process read `options` as its NODE_OPTIONS. Until restore_node_options(), programs that the
/// host starts would get them too.
void lend_node_options(const std::string &options);

/// Gives the process its own NODE_OPTIONS back. May be called again.
void restore_node_options();

/// The environment for a Node in a process of its own. Its NODE_OPTIONS are `options`; those of this process are in
/// KINESIS_HOST_NODE_OPTIONS, from where the script of bootstrap.cc puts them back.
std::vector<std::string> environment_of_node(const std::string &options);

}  // namespace kinesis
