/** Compresses single records: with Node's zlib here, with Zstandard and Snappy in files of their own. */
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
 * @param nodeVersion for the message
 * @throws ConfigurationError where Node has none
 */
export function compressorFor(algorithm: CompressionAlgorithm, nodeVersion = process.version): Compress {
  if (algorithm === "snappy") return compressWithSnappy;
  if (algorithm !== "zstd") return deflateCompressor(algorithm);
  const compressor = zstdCompressor();
  if (compressor !== undefined) return compressor;
  throw new ConfigurationError(`Invalid 'compression' value (zstd) specified, it needs ${nodeWithZstd}, and ${nodeVersion} runs here`);
}

/** At zlib's default level of 6, as the Go plugin uses it. */
function deflateCompressor(algorithm: "gzip" | "zlib"): Compress {
  const [compress, pieces] = algorithm === "gzip" ? [gzipSync, gzipPieces] : [deflateSync, zlibPieces];
  const append = (sink: ByteSink, start: number) => {
    const record = sink.bytes.subarray(start, sink.length);
    const packed = compress(record, optionsFor(record.length));
    // The head of zlib's format has the size of the window. Consumers know the format by that of the largest.
    packed.set(pieces.head);
    sink.append(packed);
  };
  return Object.assign(append, { pieces });
}

// Bounds of zlib's deflateInit2: a window of 512 bytes to 32 KiB.
const leastWindowBits = 9;
const maxWindowBits = 15;
/** The end of its window in which zlib looks for no match (deflate.h, MIN_LOOKAHEAD). */
const lookaheadBytes = 262;
/** zlib's default; its hash table has 2^(memLevel + 7) entries, and a block up to 2^(memLevel + 6) symbols. */
const maxMemLevel = 8;
const headAndTailBytes = 64;
/** Node's own. */
const maxChunkBytes = 16 * 1024;

/**
 * zlib clears its window and its tables for each record, which costs as much as to compress a small one: a window of the
 * record's size, and tables to match, halve that. The output of most records fits into one chunk, which is not copied then;
 * a chunk of Node's own size for each would leave the garbage collector 16 KiB a record.
 */
function optionsFor(recordBytes: number): ZlibOptions {
  const bits = 32 - Math.clz32(recordBytes + lookaheadBytes - 1);
  const windowBits = Math.min(Math.max(bits, leastWindowBits), maxWindowBits);
  return {
    windowBits,
    memLevel: Math.min(windowBits - 6, maxMemLevel),
    chunkSize: Math.min(recordBytes + headAndTailBytes, maxChunkBytes),
  };
}

/** RFC 1952: magic, Deflate, no flags, no time, no extra flags, Unix; the tail has the CRC-32 and the size. */
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

/** RFC 1950: Deflate with a window of 32 KiB, at the default level; the tail has the Adler-32. */
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

/** As far as Deflate looks back. */
const windowBytes = 32 * 1024;

/**
 * Packs bytes[start..end) as a piece of Deflate data, which looks back into bytes[before..start) and ends at a whole byte. Pieces one after
 * the other are what the data in one run would be, but for some bytes at their borders. @throws where zlib gets no memory
 */
function packPiece(bytes: Uint8Array, before: number, start: number, end: number, isLast: boolean): Uint8Array {
  const dictionary = bytes.subarray(Math.max(before, start - windowBytes), start);
  return deflateRawSync(bytes.subarray(start, end), {
    finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    ...(dictionary.length === 0 ? {} : { dictionary }),
  });
}
