// Detects versions of Fluent Bit whose faults the plugin works around.
#pragma once

namespace kinesis {

/// Whether Fluent Bit copies histograms correctly, which each scrape of its metrics does. cmetrics 0.6.0 to 0.7.1
/// (Fluent Bit 2.0.11 to 3.0.1) reads past their buckets, by as many words as there were observations; up to 1.0.5
/// (4.2.1) the last bucket of a copy is 0.
bool has_sound_histograms();

/// Whether Fluent Bit frees a Go-style plugin whose init failed, and then uses it: before 2.2.1.
bool crashes_after_failed_init();

/// Whether Fluent Bit frees a Go-style plugin with the first of its outputs, and uses it for the next: 1.9.0 to 2.0.6.
/// Also true for 2.0.7, which cannot be distinguished from these, but unregisters the plugin only after its last
/// output's exit.
bool frees_plugin_with_first_output();

/// Whether Fluent Bit passes its last output at the exit of each: 1.8, and perhaps later versions up to 2.0.7.
bool names_last_output_at_exits();

/// Whether Fluent Bit stops handing out chunks once a hot reload has begun, and loses those not flushed by then: 2.2.0
/// to 3.1.10. False for 3.2.0 to 3.2.2, which do the same but cannot be distinguished from 3.2.3, where the fault is
/// fixed.
bool loses_chunks_in_reload();

}  // namespace kinesis
