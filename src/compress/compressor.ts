/** Compresses single records: small ones by our own Deflate, which costs about half of a call of zlib's, others by zlib. */
import type { ByteSink } from "../record/byte_sink.js";
import type { PieceFormat } from "../record/piecewise.js";
import type { Compress } from "../record/truncation.js";
import { adler32, crc32 } from "./checksums.js";
import { DeflateBlock, mostBlockBytes } from "./deflate_block.js";
import { mostBytes } from "./match_finder.js";
import { packPiece, zlibsGzip, zlibsZlib } from "./node_zlib.js";

/** The algorithms of the option `compression`. */
export type CompressionAlgorithm = "gzip" | "zlib";

/**
 * The largest record that is not left to zlib. Of container logs, access logs and stack traces zlib is as fast from 4 to
 * 8 KB on in Debian's Node 18, whose zlib is the system's, and from 2 to 3 KB on in Node 20, which brings Chromium's.
 */
export const largestOwnBytes = mostBytes;

// RFC 1952: magic, Deflate, no flags, no time, no extra flags, Unix; as zlib writes it.
const gzipHead = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
const gzipTailBytes = 8;
// RFC 1950: Deflate with a window of 32 KiB, at the default level; as zlib writes it.
const zlibHead = Uint8Array.of(0x78, 0x9c);
const zlibTailBytes = 4;

// One for all outputs, made by the first that compresses: no two records are compressed at the same time.
let sharedBlock: DeflateBlock | undefined;

/** The compressor for an algorithm, at zlib's default level of 6, as the Go plugin uses it. */
export function compressorFor(algorithm: CompressionAlgorithm): Compress {
  const block = (sharedBlock ??= new DeflateBlock());
  return algorithm === "gzip"
    ? Object.assign((sink: ByteSink, start: number) => appendGzip(block, sink, start), { pieces: gzipPieces })
    : Object.assign((sink: ByteSink, start: number) => appendZlib(block, sink, start), { pieces: zlibPieces });
}

const gzipPieces: PieceFormat = {
  head: gzipHead,
  tailBytes: gzipTailBytes,
  pack: packPiece,
  tail({ bytes, view, length }, start) {
    const tail = new DataView(new ArrayBuffer(gzipTailBytes));
    tail.setInt32(0, crc32(bytes, view, start, length), true);
    tail.setInt32(4, length - start, true);
    return new Uint8Array(tail.buffer);
  },
};

const zlibPieces: PieceFormat = {
  head: zlibHead,
  tailBytes: zlibTailBytes,
  pack: packPiece,
  tail({ bytes, length }, start) {
    const tail = new DataView(new ArrayBuffer(zlibTailBytes));
    tail.setInt32(0, adler32(bytes, start, length), false);
    return new Uint8Array(tail.buffer);
  },
};

function appendGzip(block: DeflateBlock, sink: ByteSink, start: number): void {
  const end = sink.length;
  if (end - start > largestOwnBytes) return sink.append(zlibsGzip(sink.bytes.subarray(start, end)));
  appendBlock(block, gzipHead, sink, start, gzipTailBytes);
  sink.view.setInt32(sink.length, crc32(sink.bytes, sink.view, start, end), true);
  sink.view.setInt32(sink.length + 4, end - start, true);
  sink.length += gzipTailBytes;
}

function appendZlib(block: DeflateBlock, sink: ByteSink, start: number): void {
  const end = sink.length;
  if (end - start > largestOwnBytes) return sink.append(zlibsZlib(sink.bytes.subarray(start, end)));
  appendBlock(block, zlibHead, sink, start, zlibTailBytes);
  sink.view.setInt32(sink.length, adler32(sink.bytes, start, end), false);
  sink.length += zlibTailBytes;
}

/** Appends head and block, and reserves room for the tail. */
function appendBlock(block: DeflateBlock, head: Uint8Array, sink: ByteSink, start: number, tailBytes: number): void {
  const end = sink.length;
  sink.reserve(head.length + mostBlockBytes(end - start) + tailBytes);
  const { bytes, view } = sink;
  for (let index = 0; index < head.length; index++) bytes[end + index] = head[index] as number;
  sink.length = block.write(bytes, view, start, end, end + head.length);
}
