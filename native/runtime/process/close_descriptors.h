// Closes descriptors that a started program must not inherit.
#pragma once

namespace kinesis {

/// Closes all descriptors from `first` on, in time that depends on how many are open. Made for the moment between fork
/// and exec: waits for no lock of another thread, and allocates nothing.
void close_descriptors_from(int first);

}  // namespace kinesis
