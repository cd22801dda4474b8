// Compares the checksums with known values and with zlib, also where the sums must be reduced.
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { adler32, crc32 } from "../../../src/pack/checksums.js";

const crc = (bytes: Uint8Array, start: number, end: number) =>
  crc32(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), start, end);
const digits = Buffer.from("123456789");

describe("crc32", () => {
  // The check value that catalogues of CRCs list.
  test("of nine digits is the known check value", () => expect(crc(digits, 0, 9) >>> 0).toBe(0xcbf43926));

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100_003])("of a part of %i bytes equals gzip's", (bytes) => {
    const text = Buffer.alloc(bytes + 3, "æ~\u0000x");
    const theirs = gzipSync(text.subarray(1, 1 + bytes));
    expect(crc(text, 1, 1 + bytes)).toBe(theirs.readInt32LE(theirs.length - 8));
  });
});

describe("adler32", () => {
  test("of nine digits is the known check value", () => expect(adler32(digits, 0, 9) >>> 0).toBe(0x091e01de));

  test.each([0, 1, 5551, 5552, 5553, 100_000])("of a part of %i bytes of 255 equals zlib's", (bytes) => {
    const ones = Buffer.alloc(bytes + 3, 255);
    const theirs = deflateSync(ones.subarray(2, 2 + bytes));
    expect(adler32(ones, 2, 2 + bytes)).toBe(theirs.readInt32BE(theirs.length - 4));
  });
});
