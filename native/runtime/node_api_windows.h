// Node-API on Windows: finds its functions in the program node.exe or in libnode.dll.
#pragma once

namespace kinesis {

/// Before the first call of a function. False when one of them is not there.
bool fill_node_api_table();

}  // namespace kinesis
