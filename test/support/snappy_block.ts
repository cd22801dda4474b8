// Decompresses Snappy's block format, written only from its description: google/snappy, format_description.txt.

/** @throws Error for bytes in another format */
export function unpackSnappyBlock(bytes: Uint8Array): Buffer {
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error("the block is truncated");
    return byte;
  };
  const little = (count: number): number => Array.from({ length: count }, (_, index) => next() * 256 ** index).reduce((sum, part) => sum + part, 0);
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = next();
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const plain = Buffer.alloc(length);
  let filled = 0;
  const copy = (offset: number, count: number): void => {
    if (offset < 1 || offset > filled || filled + count > length) throw new Error(`a copy of ${count} bytes from ${offset} before ${filled}`);
    // Byte by byte: a copy may read bytes that it has just written.
    for (let index = 0; index < count; index++, filled++) plain[filled] = plain[filled - offset] as number;
  };
  while (at < bytes.length) {
    const tag = next();
    const upper = tag >>> 2;
    if ((tag & 3) === 0) {
      const count = (upper < 60 ? upper : little(upper - 59)) + 1;
      if (at + count > bytes.length || filled + count > length) throw new Error(`a literal of ${count} bytes`);
      plain.set(bytes.subarray(at, at + count), filled);
      at += count;
      filled += count;
    } else if ((tag & 3) === 1) {
      copy((tag >>> 5) * 256 + next(), (upper & 7) + 4);
    } else {
      copy(little((tag & 3) === 2 ? 2 : 4), upper + 1);
    }
  }
  if (filled !== length) throw new Error(`${filled} of ${length} bytes`);
  return plain;
}
