/** Compresses single records with zlib or gzip, and chooses the compressor by algorithm. */
import { constants, deflateRawSync, deflateSync, gzipSync, type ZlibOptions } from "node:zlib";
import type { ByteSink } from "../bytes/byte_sink.js";
import type { PieceFormat } from "../record/piecewise.js";
import type { Compress } from "../record/truncation.js";

export type { Compress } from "../record/truncation.js";
import { ConfigurationError } from "../configuration_error.js";
import { adler32, crc32 } from "./checksums.js";
import { compressWithSnappy } from "./snappy_compression.js";
import { nodeWithZstd, zstdCompressor } from "./zstd_compression.js";

/** The algorithms of the option `compression`. */
export type CompressionAlgorithm = "zlib" | "gzip" | "zstd" | "snappy";

/**
 * Returns the compressor for an algorithm.
 * @param nodeVersion the version that the error names
 * @throws ConfigurationError where this Node.js lacks the algorithm
 */
export function compressorFor(algorithm: CompressionAlgorithm, nodeVersion = process.version): Compress {
  if (algorithm === "snappy") return compressWithSnappy;
  if (algorithm !== "zstd") return deflateCompressor(algorithm);
  const compressor = zstdCompressor();
  if (compressor !== undefined) return compressor;
  throw new ConfigurationError(`Invalid 'compression' value (zstd) specified, it needs ${nodeWithZstd}; this is ${nodeVersion}`);
}

/** Returns a compressor at zlib's default level of 6, as in the Go plugin. */
function deflateCompressor(algorithm: "gzip" | "zlib"): Compress {
  const [compress, pieces] = algorithm === "gzip" ? [gzipSync, gzipPieces] : [deflateSync, zlibPieces];
  const append = (sink: ByteSink, start: number) => {
    const record = sink.bytes.subarray(start, sink.length);
    const packed = compress(record, optionsFor(record.length));
    // The head of zlib's format holds the window's size. Consumers recognize the format by the head of the largest window.
    packed.set(pieces.head);
    sink.append(packed);
  };
  return Object.assign(append, { pieces });
}

// Bounds of deflateInit2: a window of 512 bytes to 32 KiB.
const minWindowBits = 9;
const maxWindowBits = 15;
/** Bytes at the end of its window in which zlib looks for no match (deflate.h, MIN_LOOKAHEAD). */
const lookaheadBytes = 262;
/** zlib's default. The hash table has 2^(memLevel + 7) entries, a block up to 2^(memLevel + 6) symbols. */
const maxMemLevel = 8;
const headAndTailBytes = 64;
/** Node's default chunk size. */
const maxChunkBytes = 16 * 1024;

/**
 * Returns zlib's options for a record of this size. zlib clears its window and tables for each record, which costs as much as
 * compressing a small record; a window of the record's size, with tables to match, halves that cost. Most compressed records fit into
 * one chunk, which Node then does not copy; a chunk of Node's default size for each would leave 16 KiB of garbage per record.
 */
function optionsFor(recordBytes: number): ZlibOptions {
  const bits = 32 - Math.clz32(recordBytes + lookaheadBytes - 1);
  const windowBits = Math.min(Math.max(bits, minWindowBits), maxWindowBits);
  return {
    windowBits,
    memLevel: Math.min(windowBits - 6, maxMemLevel),
    chunkSize: Math.min(recordBytes + headAndTailBytes, maxChunkBytes),
  };
}

/** gzip (RFC 1952). Head: magic, Deflate, no flags, no time, no extra flags, Unix. Tail: CRC-32 and size. */
const gzipPieces: PieceFormat = {
  head: Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3),
  tailBytes: 8,
  pack: packPiece,
  tail({ bytes, view, length }, start) {
    const tail = new DataView(new ArrayBuffer(8));
    tail.setInt32(0, crc32(bytes, view, start, length), true);
    tail.setInt32(4, length - start, true);
    return new Uint8Array(tail.buffer);
  },
};

/** zlib (RFC 1950). Head: Deflate with a window of 32 KiB, default level. Tail: Adler-32. */
const zlibPieces: PieceFormat = {
  head: Uint8Array.of(0x78, 0x9c),
  tailBytes: 4,
  pack: packPiece,
  tail({ bytes, length }, start) {
    const tail = new DataView(new ArrayBuffer(4));
    tail.setInt32(0, adler32(bytes, start, length), false);
    return new Uint8Array(tail.buffer);
  },
};

/** How far back a Deflate match may lie. */
const windowBytes = 32 * 1024;

/**
 * Packs bytes[start..end) as a piece of Deflate data that may refer back into bytes[before..start) and ends at a whole byte. Concatenated
 * pieces equal the data packed in one run, except for some bytes at their borders. @throws when zlib gets no memory
 */
function packPiece(bytes: Uint8Array, before: number, start: number, end: number, isLast: boolean): Uint8Array {
  const dictionary = bytes.subarray(Math.max(before, start - windowBytes), start);
  return deflateRawSync(bytes.subarray(start, end), {
    finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    ...(dictionary.length === 0 ? {} : { dictionary }),
  });
}
