/** Computes the checksums of gzip (CRC-32, RFC 1952) and zlib (Adler-32, RFC 1950). */

const polynomial = 0xedb88320 | 0;
const tables = 4;

// crcTable[t * 256 + byte]: the CRC of the byte followed by t zero bytes.
const crcTable = new Int32Array(tables * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
  crcTable[byte] = crc;
}
for (let index = 256; index < crcTable.length; index++) {
  const before = crcTable[index - 256] as number;
  crcTable[index] = (before >>> 8) ^ (crcTable[before & 0xff] as number);
}

const adlerModulus = 65_521;
// The most bytes for which the unreduced sums stay below 2^32. Source: zlib, adler32.c, NMAX.
const adlerStep = 5552;

/**
 * Returns the CRC-32 of `bytes[start..end)`, as a signed number.
 * @param view view of the same bytes
 */
export function crc32(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let crc = -1;
  let position = start;
  for (const fours = end - 3; position < fours; position += 4) {
    crc ^= view.getInt32(position, true);
    crc =
      (crcTable[768 + (crc & 0xff)] as number) ^
      (crcTable[512 + ((crc >>> 8) & 0xff)] as number) ^
      (crcTable[256 + ((crc >>> 16) & 0xff)] as number) ^
      (crcTable[crc >>> 24] as number);
  }
  for (; position < end; position++) crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[position] as number)) & 0xff] as number);
  return ~crc;
}

/** Returns the Adler-32 of `bytes[start..end)`, as a signed number. */
export function adler32(bytes: Uint8Array, start: number, end: number): number {
  let low = 1;
  let high = 0;
  for (let position = start; position < end; ) {
    const stop = Math.min(position + adlerStep, end);
    for (; position < stop; position++) {
      low += bytes[position] as number;
      high += low;
    }
    low %= adlerModulus;
    high %= adlerModulus;
  }
  return (high << 16) | low;
}
