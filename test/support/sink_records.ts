// Appends records to a sink, for tests of aggregation.
import type { ByteSink } from "../../src/bytes/byte_sink.js";

/** Appends a record's data; returns its start and end. */
export function appended(sink: ByteSink, data: Uint8Array | string): [start: number, end: number] {
  const start = sink.length;
  sink.append(Buffer.from(data));
  return [start, sink.length];
}
