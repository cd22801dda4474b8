// What the stand-in for Fluent Bit (host.cc) asks of the operating system; paths and messages are UTF-8.
#pragma once

#include <string>

namespace host {

/// The order of strcasecmp: below, at or above zero.
int compare_ignoring_case(const std::string &a, const std::string &b);

/// Opens a library as Fluent Bit opens a plugin; null, and the reason in `error`, when that can't be done.
void *open_library(const std::string &path, std::string &error);

/// Null when the library exports no such function.
void *find_function(void *library, const char *name);

void close_library(void *library);

/// Calls the function on a stack about as small as that of a coroutine of Fluent Bit's; an overflow ends the process.
void call_on_small_stack(void (*function)(void *), void *argument);

struct Usage {
  long rss_kib;
  long threads;
  /// Open descriptors; on Windows, open handles.
  long descriptors;
};

Usage measure_usage();

/// Standard output is written a line at a time and as it is; `end` is called when the process is told to end.
void prepare(void (*end)());

/// Whether the process is still told to end by what `prepare` set; each 1 or 0.
struct OwnSignals {
  int interrupt;
  int terminate;
};

OwnSignals own_signals();

}  // namespace host
