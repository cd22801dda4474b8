// Tells versions of Fluent Bit apart, for their faults that have to be kept away from.
#pragma once

namespace kinesis {

/// Whether Fluent Bit copies histograms whole, which each look at its metrics does. cmetrics 0.6.0 to 0.7.1 (Fluent Bit
/// 2.0.11 to 3.0.1) reads past their buckets, as many words as there were observations; up to 1.0.5 (4.2.1) the last
/// bucket of a copy is 0.
bool has_sound_histograms();

/// Whether Fluent Bit frees a Go-style plugin whose init failed, and then uses it: before 2.2.1.
bool crashes_after_failed_init();

/// Whether Fluent Bit frees a Go-style plugin with the first of its outputs, and uses it for the next: 1.9.0 to 2.0.6
/// (2.0.7 cannot be told apart from these, but unregisters the plugin after the exit of its last output).
bool frees_plugin_with_first_output();

/// Whether Fluent Bit names its last output at the exit of each: 1.8, and perhaps later ones up to 2.0.7.
bool names_last_output_at_exits();

/// Whether Fluent Bit hands out no chunk any more once a hot reload has begun, and loses what was not flushed by then:
/// 2.2.0 to 3.1.10. So do 3.2.0 to 3.2.2, which cannot be told from 3.2.3, where it is mended.
bool loses_chunks_in_reload();

}  // namespace kinesis
