/** Encodes bytes as base64 (RFC 4648, section 4) with Node's Buffer. */

/** Returns the length of the base64 text of `count` bytes: four characters for each three bytes, with padding. */
export function base64Bytes(count: number): number {
  return Math.ceil(count / 3) * 4;
}

/** Returns a Buffer over the same memory. */
export function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Writes the base64 text of the source's bytes from `from` to `end` at `position`, where there must be room. Returns the position after it. */
export function putBase64(source: Buffer, from: number, end: number, target: Buffer, position: number): number {
  return position + target.write(source.toString("base64", from, end), position, "latin1");
}
