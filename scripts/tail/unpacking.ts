/** Undoes the compression of a user record. */
import zlib, { gunzipSync, inflateSync } from "node:zlib";

/** Far above the 2 MB of a chunk of Fluent Bit, far below what the 1:1000 of a record of 10 MiB could fill. */
export const maxUnpackedBytes = 32 * 1024 * 1024;

/**
 * What is inside a gzip or zlib stream, or a frame of Zstandard with its size, where Node can read it. All else comes back as it is: so does a stream that breaks off, has other bytes
 * behind its end, or holds over `maxBytes`.
 */
export function unpacked(data: Uint8Array, maxBytes = maxUnpackedBytes): Uint8Array {
  const unpack = isGzip(data) ? gunzipSync : isZlib(data) ? inflateSync : isZstd(data) ? zstdDecompressSync : undefined;
  if (unpack === undefined) return data;
  try {
    // With `info` it returns this, of which its type says nothing.
    const result = unpack(data, { info: true, maxOutputLength: maxBytes }) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    // Node takes a frame of Zstandard that breaks off for a whole one.
    const isWhole = unpack !== zstdDecompressSync || result.buffer.length === sizeInFrame(data);
    return isWhole && result.engine.bytesWritten === data.length ? result.buffer : data;
  } catch {
    return data;
  }
}

/** A function of Node 22.15 and newer; the types are older. */
const zstdDecompressSync = Reflect.get(zlib, "zstdDecompressSync") as typeof gunzipSync | undefined;

/** Source: RFC 8878, 3.1.1. */
function isZstd(data: Uint8Array): boolean {
  return data[0] === 0x28 && data[1] === 0xb5 && data[2] === 0x2f && data[3] === 0xfd;
}

/** Returns the size of the content that the head of a frame has; undefined without one. Source: RFC 8878, 3.1.1.1. */
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

/** Source: RFC 1952, 2.3.1; method 8 is Deflate. */
function isGzip(data: Uint8Array): boolean {
  return data[0] === 0x1f && data[1] === 0x8b && data[2] === 8;
}

/** Source: RFC 1950, 2.2: method 8, a window of up to 32 KiB, no dictionary, and both bytes a multiple of 31. */
function isZlib(data: Uint8Array): boolean {
  const [method = 0, flags = 0] = data;
  return data.length > 2 && (method & 0x0f) === 8 && method >>> 4 <= 7 && (flags & 0x20) === 0 && (method * 256 + flags) % 31 === 0;
}
