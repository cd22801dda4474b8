// Puts records into a sink, where what aggregates them looks for them.
import type { ByteSink } from "../../src/bytes/byte_sink.js";

/** Appends a record's data; where it starts and ends. */
export function appended(sink: ByteSink, data: Uint8Array | string): [start: number, end: number] {
  const start = sink.length;
  sink.append(Buffer.from(data));
  return [start, sink.length];
}
