// The file of certificates that Node reads at its start: NODE_EXTRA_CA_CERTS.
#pragma once

#include <string>

namespace kinesis {

/// What is wrong with the variable's file, for the user; empty when Node may open it.
std::string complaint_of_extra_certificates();

}  // namespace kinesis
