// The file of certificates that Node reads at its start: NODE_EXTRA_CA_CERTS.
#include "runtime/extra_certificates.h"

#include "platform/platform.h"

namespace kinesis {

// Node warns of a file that it cannot read, but waits for the writer of a FIFO.
std::string complaint_of_extra_certificates() {
  const std::string file = environment_variable("NODE_EXTRA_CA_CERTS");
  const std::string device = file.empty() ? "" : device_in_place_of(file);
  if (device.empty()) return "";
  return "'NODE_EXTRA_CA_CERTS' names " + file + ", which is " + device + "; it must be a regular file";
}

}  // namespace kinesis
