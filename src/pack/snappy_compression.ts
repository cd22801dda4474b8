/**
 * Compresses single records with Snappy, in the block format.
 *
 * Fluent Bit's own output (src/flb_snappy.c) and Snappy's libraries use that format too; it has no stream frames.
 */
import { compress } from "snappyjs";
import type { Compress } from "../record/truncation.js";

/** Appends the sink's bytes from `start` on, compressed as one block. */
export const compressWithSnappy: Compress = (sink, start) => {
  sink.append(compress(sink.bytes.subarray(start, sink.length)));
};
