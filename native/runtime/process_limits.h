// Checks, before Node starts, for limits of this process under which Node would end it.
#pragma once

#include <string>

namespace kinesis {

/// Whether written memory may be executed. If not, V8 runs only with --jitless.
bool may_execute_memory();

/// The same for a program that this process starts.
bool may_child_execute_memory();

/// Returns why V8 cannot reserve the addresses that it needs here; empty when it can. Called when libnode has been
/// opened.
std::string shortage_of_addresses();

/// The same for a program that this process starts, which inherits the limit.
std::string shortage_of_addresses_in_child();

/// Returns a sentence, beginning with ". ", for a program that did not come up under an address limit too low for some
/// versions of Node.js; empty when the limit is enough for all.
std::string hint_of_addresses_in_child();

/// Returns why there are too few descriptors for Node; empty when there are enough. libuv ends a process in which it
/// cannot open one at its start.
std::string shortage_of_descriptors();

/// The same for a program that this process starts, which inherits the limit and three descriptors.
std::string shortage_of_descriptors_in_child();

}  // namespace kinesis
