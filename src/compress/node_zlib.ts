/** Node's own zlib, for records that are too large for a block of ours. */
import { deflateSync, gzipSync } from "node:zlib";

/** The bytes as zlib's default level of 6 packs them. @throws where zlib gets no memory */
export const zlibsGzip = (bytes: Uint8Array): Uint8Array => gzipSync(bytes);

/** The same in the format of zlib. @throws where zlib gets no memory */
export const zlibsZlib = (bytes: Uint8Array): Uint8Array => deflateSync(bytes);
