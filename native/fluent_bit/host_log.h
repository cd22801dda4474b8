// Writes to Fluent Bit's own log, where the program exports its functions.
#pragma once

#include <string>

namespace kinesis {

/// Looks up the functions. Returns false when Fluent Bit (before 2.0) does not export them all; then nothing else here
/// may be called.
bool has_host_log();

/// Returns the instance's name, such as "kinesis.0", or its alias.
std::string host_name_of(void *output_instance);

/// Returns the most verbose level that the instance's log_level allows, or the service's where the instance has none: 0
/// (off), 1 (error), 2 (warning), 3 (info) or 4 (debug).
int host_log_level_of(void *output_instance);

/// Writes a line. Only on a thread of the host, inside FLBPluginInit, FLBPluginFlushCtx or FLBPluginExitCtx.
///
/// Source: Fluent Bit, src/flb_log.c: flb_log_print takes its log from a thread-local context. On a thread without one
/// (Node's) it writes to standard error regardless of log_file, and with -d that descriptor is closed or another
/// file's; a context that outlived its log (a hot reload, the end) would lead to freed memory. Inside those calls, the
/// host's own outputs log the same way, from Fluent Bit's first to its last: src/flb_engine.c makes the log before it
/// initialises outputs, and flb_config_exit (src/flb_config.c) destroys it after flb_output_exit.
void print_to_host_log(int level, const std::string &text);

}  // namespace kinesis
