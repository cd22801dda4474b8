// Finds the functions of Node-API in node.exe or libnode.dll, on Windows.
#pragma once

namespace kinesis {

/// Called before the first function. Returns false, after a message, when a function is missing.
bool fill_node_api_table();

}  // namespace kinesis
