// What the runtime needs of the binding: the script that Node starts with.
#pragma once

#include <string>

namespace kinesis {

/// The script that loads this library as a Node-API addon and runs the embedded bundle with it.
std::string bootstrap_script(const std::string &own_path);

}  // namespace kinesis
