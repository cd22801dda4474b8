// Whatever bytes a record has, zlib and pako unpack the same from what we make of it.
import { gunzipSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { inflate, ungzip } from "pako";
import { expect, test } from "vitest";
import { compressorFor } from "../../src/pack/compression.js";
import { packed } from "../support/packed.js";

const gzip = compressorFor("gzip");
const zlib = compressorFor("zlib");

/** Bytes of few or many values, in which parts come again after any distance, and some overlap themselves. */
const long = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ max: 3, maxLength: 300 }),
      fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => Buffer.from(text)),
      fc.record({ back: fc.nat(40_000), length: fc.nat(700) }),
    ),
    { maxLength: 120, size: "max" },
  )
  .map((parts) => {
    const bytes: number[] = [];
    for (const part of parts) {
      if (part instanceof Uint8Array) bytes.push(...part);
      else {
        const from = Math.max(0, bytes.length - 1 - part.back);
        for (let index = from; index < from + part.length && bytes.length > 0; index++) bytes.push(bytes[index] as number);
      }
    }
    return Uint8Array.from(bytes);
  });

/** Most of the size of a log line. */
const record = fc.tuple(long, fc.nat(3000), fc.nat(9)).map(([bytes, most, tenth]) => {
  return tenth === 0 ? bytes : bytes.subarray(0, most);
});

test("any record comes back", () => {
  fc.assert(
    fc.property(record, (bytes) => {
      const [asGzip, asZlib] = [packed(gzip, bytes), packed(zlib, bytes)];
      for (const back of [gunzipSync(asGzip), ungzip(asGzip), inflateSync(asZlib), inflate(asZlib)]) {
        expect(Buffer.from(back).equals(bytes)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
