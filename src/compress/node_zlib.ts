/** Node's own zlib, for records that are too large for a block of ours. */
import { constants, deflateRawSync, deflateSync, gzipSync, type ZlibOptions } from "node:zlib";

/** The bytes as zlib's default level of 6 packs them. @throws where zlib gets no memory */
export const zlibsGzip = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, optionsFor(bytes));

/** The same in the format of zlib. @throws where zlib gets no memory */
export const zlibsZlib = (bytes: Uint8Array): Uint8Array => deflateSync(bytes, optionsFor(bytes));

/** As far as Deflate looks back. */
const windowBytes = 32 * 1024;

/**
 * Packs bytes[start..end) as a piece of Deflate data, which looks back into bytes[before..start) and ends at a whole byte. Pieces one after
 * the other are what the data in one run would be, but for some bytes at their borders. @throws where zlib gets no memory
 */
export function packPiece(bytes: Uint8Array, before: number, start: number, end: number, isLast: boolean): Uint8Array {
  const dictionary = bytes.subarray(Math.max(before, start - windowBytes), start);
  return deflateRawSync(bytes.subarray(start, end), {
    finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    ...(dictionary.length === 0 ? {} : { dictionary }),
  });
}

/** Node's own. */
const mostChunkBytes = 16 * 1024;

/**
 * Each call leaves a buffer of a chunk to the garbage collector, which most records fill to a small part: 30,000 records
 * of 3000 bytes let the process grow by 6 MB with half their size for a chunk, and by 36 MB with Node's own.
 */
function optionsFor({ length }: Uint8Array): ZlibOptions {
  return { chunkSize: Math.min(length >>> 1, mostChunkBytes) };
}
