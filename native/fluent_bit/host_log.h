// Fluent Bit's own log, where the program exports its functions.
#pragma once

#include <string>

namespace kinesis {

/// Looks up the functions; false when Fluent Bit (before 2.0) does not export them all. Then nothing else here may be
/// called.
bool has_host_log();

/// "kinesis.0", or the alias.
std::string host_name_of(void *output_instance);

/// The most talkative level that the instance's log_level lets through, or the service's where it has none of its own:
/// 0 (off), 1 (error), 2 (warning), 3 (info) or 4 (debug).
int host_log_level_of(void *output_instance);

/// Writes a line. Only on a thread of the host, inside FLBPluginInit, FLBPluginFlushCtx or FLBPluginExitCtx.
///
/// Source: Fluent Bit, src/flb_log.c, flb_log_print. It takes its log from a thread-local context. On a thread without
/// one (Node's) it writes to standard error whatever log_file says, and with -d that is closed or another file; a
/// context that outlived its log (a hot reload, the end) would lead to freed memory. Inside those calls it is the
/// host's own outputs' way to log, from Fluent Bit's first to its last: src/flb_engine.c makes the log before outputs
/// are initialised, and src/flb_config.c, flb_config_exit, destroys it after flb_output_exit.
void print_to_host_log(int level, const std::string &text);

}  // namespace kinesis
