/** Compresses single records with Node's zlib. */
import { deflateSync, gzipSync, type ZlibOptions } from "node:zlib";
import type { Compress } from "../record/truncation.js";

/** The algorithms of the option `compression`. */
export type CompressionAlgorithm = "gzip" | "zlib";

/** Returns the compressor for an algorithm, at zlib's default level of 6, as the Go plugin uses it. */
export function compressorFor(algorithm: CompressionAlgorithm): Compress {
  const compress = algorithm === "gzip" ? gzipSync : deflateSync;
  return (sink, start) => {
    const record = sink.bytes.subarray(start, sink.length);
    sink.append(compress(record, optionsFor(record.length)));
  };
}

// Bounds of zlib's deflateInit2: a window of 512 bytes to 32 KiB.
const leastWindowBits = 9;
const mostWindowBits = 15;
/** The end of its window in which zlib looks for no match (deflate.h, MIN_LOOKAHEAD). */
const lookaheadBytes = 262;
/** zlib's default; its hash table has 2^(memLevel + 7) entries, and a block up to 2^(memLevel + 6) symbols. */
const mostMemLevel = 8;
const headAndTailBytes = 64;
/** Node's own. */
const mostChunkBytes = 16 * 1024;

/**
 * zlib clears its window and its tables for each record, which costs as much as to compress a small one: a window of the
 * record's size, and tables to match, halve that. The output of most records fits into one chunk, which is not copied then;
 * a chunk of Node's own size for each would leave the garbage collector 16 KiB a record.
 */
function optionsFor(recordBytes: number): ZlibOptions {
  const bits = 32 - Math.clz32(recordBytes + lookaheadBytes - 1);
  const windowBits = Math.min(Math.max(bits, leastWindowBits), mostWindowBits);
  return {
    windowBits,
    memLevel: Math.min(windowBits - 6, mostMemLevel),
    chunkSize: Math.min(recordBytes + headAndTailBytes, mostChunkBytes),
  };
}
