/** Decompresses user records. */
import zlib, { gunzipSync, inflateSync } from "node:zlib";

/** Maximum bytes after decompression: far above Fluent Bit's 2 MB chunks, far below the 10 GiB of a 10 MiB record at 1:1000. */
export const maxUnpackedBytes = 32 * 1024 * 1024;

/**
 * Returns the content of a gzip or zlib stream, or of a Zstandard frame with its size if Node can read it. Returns all other
 * data unchanged, including a stream that is truncated, has further bytes after its end, or holds over `maxBytes`.
 */
export function unpacked(data: Uint8Array, maxBytes = maxUnpackedBytes): Uint8Array {
  const unpack = isGzip(data) ? gunzipSync : isZlib(data) ? inflateSync : isZstd(data) ? zstdDecompressSync : undefined;
  if (unpack === undefined) return data;
  try {
    // With `info` the function returns this; its declared type does not say so.
    const result = unpack(data, { info: true, maxOutputLength: maxBytes }) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    // Node accepts a truncated Zstandard frame as a whole one.
    const isWhole = unpack !== zstdDecompressSync || result.buffer.length === sizeInFrame(data);
    return isWhole && result.engine.bytesWritten === data.length ? result.buffer : data;
  } catch {
    return data;
  }
}

/** Exists in Node 22.15 and newer; the type declarations are older. */
const zstdDecompressSync = Reflect.get(zlib, "zstdDecompressSync") as typeof gunzipSync | undefined;

/** Returns whether the data begins as a Zstandard frame. Source: RFC 8878, 3.1.1. */
function isZstd(data: Uint8Array): boolean {
  return data[0] === 0x28 && data[1] === 0xb5 && data[2] === 0x2f && data[3] === 0xfd;
}

/** Returns the content size in a frame's header; undefined if the header has none. Source: RFC 8878, 3.1.1.1. */
function sizeInFrame(frame: Uint8Array): number | undefined {
  const descriptor = frame[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 1 << sizeFlag;
  const start = 5 + Number(!isSingleSegment) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  if (sizeBytes === 0 || frame.length < start + sizeBytes) return undefined;
  const size = frame.subarray(start, start + sizeBytes).reduceRight((sum, byte) => sum * 256 + byte, 0);
  return sizeBytes === 2 ? size + 256 : size;
}

/** Returns whether the data begins as a gzip stream. Source: RFC 1952, 2.3.1; method 8 is Deflate. */
function isGzip(data: Uint8Array): boolean {
  return data[0] === 0x1f && data[1] === 0x8b && data[2] === 8;
}

/** Returns whether the data begins as a zlib stream: method 8, a window of up to 32 KiB, no dictionary, check bits. Source: RFC 1950, 2.2. */
function isZlib(data: Uint8Array): boolean {
  const [method = 0, flags = 0] = data;
  return data.length > 2 && (method & 0x0f) === 8 && method >>> 4 <= 7 && (flags & 0x20) === 0 && (method * 256 + flags) % 31 === 0;
}
