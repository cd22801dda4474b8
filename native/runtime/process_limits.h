// What this process may do that Node needs, found out before Node starts: where it may not, Node ends the process.
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

/// A sentence for a program that did not come up under a limit of addresses that is too low for some versions of
/// Node.js, beginning with ". "; empty when the limit is enough for all.
std::string hint_of_addresses_in_child();

/// Why there are not enough descriptors for Node: libuv ends the process that cannot open one at its start. Empty when
/// there are.
std::string shortage_of_descriptors();

/// The same for a program that this process starts, which inherits the limit and three descriptors.
std::string shortage_of_descriptors_in_child();

}  // namespace kinesis
