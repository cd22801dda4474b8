// Functions of the operating system that the stand-in for Fluent Bit (host.cc) needs; paths and messages are UTF-8.
#pragma once

#include <string>

namespace host {

/// Compares in the order of strcasecmp: returns a number below, at or above zero.
int compare_ignoring_case(const std::string &a, const std::string &b);

/// Opens a library as Fluent Bit opens a plugin. Returns null, with the reason in `error`, on failure.
void *open_library(const std::string &path, std::string &error);

/// Returns null when the library exports no such function.
void *find_function(void *library, const char *name);

void close_library(void *library);

/// Calls the function on a stack about as small as that of a coroutine of Fluent Bit; an overflow ends the process.
void call_on_small_stack(void (*function)(void *), void *argument);

struct Usage {
  long rss_kib;
  long threads;
  /// Open descriptors; on Windows, open handles.
  long descriptors;
};

Usage measure_usage();

/// Makes standard output write line by line and unchanged, and calls `end` when the process is told to end.
void prepare(void (*end)());

/// Whether the handlers set by `prepare` are still in place; each 1 or 0.
struct OwnSignals {
  int interrupt;
  int terminate;
};

OwnSignals own_signals();

}  // namespace host
