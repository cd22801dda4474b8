/** Compresses single records with Zstandard, where Node's zlib has it. */
import zlib from "node:zlib";
import type { Compress } from "../record/truncation.js";

/** zlib.zstdCompressSync, which the types (of an older Node) lack. */
type ZstdCompressSync = (bytes: Uint8Array, options: { readonly chunkSize: number }) => Uint8Array;

/** Node.js versions with Zstandard. Source: Node.js documentation, zlib.zstdCompressSync(), "Added in: v23.8.0, v22.15.0". */
export const nodeWithZstd = "Node.js 22.15 or newer (in the 23 series, 23.8 or newer)";

/** Room for a frame's head and tail and a block's head. */
const frameBytes = 64;
/** Node's default chunk size. Most compressed records fit into one chunk, which Node then does not copy. */
const maxChunkBytes = 16 * 1024;

/**
 * Returns the compressor, at Zstandard's default level of 3, or undefined where Node has none. The head of each frame holds the
 * record's size, which some consumers need.
 */
export function zstdCompressor(module: object = zlib): Compress | undefined {
  const compress: unknown = Reflect.get(module, "zstdCompressSync");
  if (typeof compress !== "function") return undefined;
  const zstdCompressSync = compress as ZstdCompressSync;
  return (sink, start) => {
    const record = sink.bytes.subarray(start, sink.length);
    sink.append(zstdCompressSync(record, { chunkSize: Math.min(record.length + frameBytes, maxChunkBytes) }));
  };
}
