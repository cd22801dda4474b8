// The files that Node reads at its start, by variables of its environment.
#pragma once

#include <string>

namespace kinesis {

/// What is wrong with the file of NODE_EXTRA_CA_CERTS or OPENSSL_CONF, for the user; empty when Node may open both.
std::string complaint_of_files_of_node();

}  // namespace kinesis
