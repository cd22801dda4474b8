/** Writes bytes as base64 (RFC 4648, section 4), by Node's Buffer. */

/** Returns the length of the text of so many bytes: four characters for three bytes, the last group filled up. */
export function base64Bytes(count: number): number {
  return Math.ceil(count / 3) * 4;
}

/** Returns the same memory as a buffer. */
export function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Writes the text of the source's bytes from `from` to `end` at `position`, where there must be room. Returns the position behind it. */
export function putBase64(source: Buffer, from: number, end: number, target: Buffer, position: number): number {
  return position + target.write(source.toString("base64", from, end), position, "latin1");
}
