/**
 * Compresses single records with Snappy, in its block format: that of Fluent Bit's own output (src/flb_snappy.c) and of Snappy's
 * libraries, without the frames of a stream.
 */
import { compress } from "snappyjs";
import type { Compress } from "../record/truncation.js";

/** Appends a block to the sink, of its bytes from a start on. */
export const compressWithSnappy: Compress = (sink, start) => {
  sink.append(compress(sink.bytes.subarray(start, sink.length)));
};
