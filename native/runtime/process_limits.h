// What this process may do that V8 needs, found out before V8 starts: where it may not, V8 ends the process.
#pragma once

#include <string>

namespace kinesis {

/// Whether memory that was written may be executed. Without it V8 runs with --jitless alone.
bool may_execute_memory();

/// The same for a program that this process starts.
bool may_child_execute_memory();

/// Why V8 cannot reserve the addresses that it needs here; empty when it can. Called when libnode has been opened.
std::string shortage_of_addresses();

/// The same for a program that this process starts, which inherits the limit.
std::string shortage_of_addresses_in_child();

}  // namespace kinesis
