// Checks the files that Node reads at its start, which environment variables name.
#include "runtime/files_of_node.h"

#include "platform/platform.h"

namespace kinesis {

// Node only warns of a file that it cannot read, but waits for the writer of a FIFO.
std::string complaint_of_files_of_node() {
  for (const char *name : {"NODE_EXTRA_CA_CERTS", "OPENSSL_CONF"}) {
    const std::string file = environment_variable(name);
    const std::string device = file.empty() ? "" : device_in_place_of(file);
    if (!device.empty())
      return "'" + std::string(name) + "' names " + file + ", which is " + device + "; it must be a regular file";
  }
  return "";
}

}  // namespace kinesis
