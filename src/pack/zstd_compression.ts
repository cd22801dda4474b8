/** Compresses single records with the Zstandard of Node's zlib, where that has it. */
import zlib from "node:zlib";
import type { Compress } from "../record/truncation.js";

/** A function of newer versions of Node than the types are for. */
type ZstdCompressSync = (bytes: Uint8Array, options: { readonly chunkSize: number }) => Uint8Array;

/** Source: Node.js documentation, zlib.zstdCompressSync(), "Added in: v23.8.0, v22.15.0". */
export const nodeWithZstd = "Node.js 22.15 or newer, of the 23 series 23.8 or newer";

/** A frame's head and tail, and a block's head. */
const frameBytes = 64;
/** Node's own; the output of most records fits into one chunk, which is not copied then. */
const maxChunkBytes = 16 * 1024;

/**
 * Returns the compressor, at Zstandard's default level of 3; undefined where Node has none. The head of each frame has the size of the
 * record, for which some consumers ask.
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
