// Checks the files that Node reads at its start, which environment variables name.
#pragma once

#include <string>

namespace kinesis {

/// Returns the user's error in NODE_EXTRA_CA_CERTS or OPENSSL_CONF; empty when Node may open both files.
std::string complaint_of_files_of_node();

}  // namespace kinesis
