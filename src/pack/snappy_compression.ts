/**
 * Compresses single records with Snappy, in its block format: that of Fluent Bit's own output (src/flb_snappy.c) and of Snappy's
 * libraries, without the frames of a stream.
 */
import { compress } from "snappyjs";
import type { ByteSink } from "../bytes/byte_sink.js";

/** A {@link Compress}. */
export function compressWithSnappy(sink: ByteSink, start: number): void {
  sink.append(compress(sink.bytes.subarray(start, sink.length)));
}
