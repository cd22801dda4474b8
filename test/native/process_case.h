// Shared parts of the cases about a core in a separate process.
#pragma once

#include <string>

#include "shim_host.h"

namespace shim {

/// Makes the core run in a separate process, of the stand-in for node. Call before the first init.
void choose_process();

/// An instance that its core recognises, also in the next process.
struct Known : Instance {
  explicit Known(const std::string &memory);

  /// Flushes until the reply is not retry, and checks that it is the value that the core has to remember.
  void expect_known() const;
  /// Returns the core's reply to a request to recall.
  int recollection() const;

  std::string memory;
};

/// Flushes until the reply is not retry. Returns the reply.
int flush_until_not_retry(const Instance &instance, const std::string &chunk, const char *tag);

/// Waits until the core holds `count` flushes.
void wait_until_held_by(const Instance &instance, int count);

/// Whether this process has no child, not even one that has ended.
bool has_no_child();

/// Return the number of descriptors, and of threads, of this process.
int open_descriptors();
int running_threads();

}  // namespace shim
