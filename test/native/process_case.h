// What the cases about a core in a process of its own share.
#pragma once

#include <string>

#include "shim_host.h"

namespace shim {

/// From here on the core runs in a process of its own, of the stand-in for node; before the first init.
void choose_process();

/// An instance that its core will know again, also in the next process.
struct Known : Instance {
  explicit Known(const std::string &memory);

  /// Flushes until the answer is another than retry, and checks that it is what the core has to remember.
  void expect_known() const;
  /// What the core answers when it is asked to recall.
  int recollection() const;

  std::string memory;
};

/// Flushes until the answer is another than retry; gives it.
int flush_until_not_retry(const Instance &instance, const std::string &chunk, const char *tag);

/// Waits until the core holds so many flushes.
void wait_until_held_by(const Instance &instance, int count);

/// Whether this process has none that it started, not even one that has ended.
bool has_no_child();

/// How many descriptors, and threads, this process has.
int open_descriptors();
int running_threads();

}  // namespace shim
