// The host's side of the shim's tests: calls of the plugin's exports, and the failure of a case.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fluent_bit/flb_proxy_abi.h"

extern "C" {
int FLBPluginRegister(flb_plugin_proxy_def *definition);
int FLBPluginInit(flbgo_output_plugin *plugin);
int FLBPluginFlushCtx(void *context, const void *data, int length, const char *tag);
int FLBPluginExitCtx(void *context);
int FLBPluginExit();
void FLBPluginUnregister(void *definition);
}

namespace shim {

/// Ends the process immediately with status 1: no atexit handler may change it.
[[noreturn]] void fail(const char *file, int line, const char *what);

#define CHECK(condition)                                          \
  do {                                                            \
    if (!(condition)) shim::fail(__FILE__, __LINE__, #condition); \
  } while (false)

/// One output instance.
struct Instance {
  std::map<std::string, std::string> options;
  void *context = nullptr;

  /// Calls FLBPluginInit. Returns its code.
  int init();
  /// Calls FLBPluginFlushCtx. Returns its code.
  int flush(const std::string &chunk, const char *tag) const;
  /// Returns the code with which the stand-in for the core replies to this flush.
  int expected(const std::string &chunk, const char *tag) const;
  /// Calls FLBPluginExitCtx. Returns its code.
  int exit() const;
};

/// Starts threads that each flush once with the tag and keep the reply in `codes`.
std::vector<std::thread> flush_in_threads(const Instance &instance, const char *tag, std::vector<int> &codes);

/// Registers a check at the end of the process, after the shim's handler. Call before the first init.
void check_at_exit(void (*check)());

/// A group of cases; each file has one.
using Cases = std::map<std::string, void (*)()>;
Cases reply_cases();
Cases start_cases();
Cases signal_cases();
Cases end_cases();
Cases clock_cases();
Cases host_cases();
Cases process_cases();
Cases process_end_cases();
Cases frame_cases();
Cases message_cases();
Cases silence_cases();
Cases binding_cases();
Cases coroutine_cases();
Cases coroutine_end_cases();
Cases coroutine_lost_cases();

}  // namespace shim
