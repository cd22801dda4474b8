// Property: zlib, pako and readers of Snappy and Zstandard restore any record that the plugin compressed.
import zlibOfNode, { gunzipSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { inflate, ungzip } from "pako";
import { expect, test } from "vitest";
import { compressorFor } from "../../src/pack/compression.js";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { minPiecewiseBytes } from "../../src/record/piecewise.js";
import { compressToFit } from "../../src/record/truncation.js";
import { packed } from "../support/packed.js";
import { unpackSnappyBlock } from "../support/snappy_block.js";

const gzip = compressorFor("gzip");
const zlib = compressorFor("zlib");
const snappy = compressorFor("snappy");

/** Undefined where Node has no Zstandard. */
const zstdDecompressSync = Reflect.get(zlibOfNode, "zstdDecompressSync") as typeof gunzipSync | undefined;
const formats = [
  { compress: gzip, unpack: gunzipSync },
  { compress: zlib, unpack: inflateSync },
  { compress: snappy, unpack: unpackSnappyBlock },
  ...(zstdDecompressSync === undefined ? [] : [{ compress: compressorFor("zstd"), unpack: zstdDecompressSync }]),
];

/** Bytes of few or many values, with repetitions at any distance, some of which overlap themselves. */
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

/** Mostly of the size of a log line. */
const record = fc.tuple(long, fc.nat(3000), fc.nat(9)).map(([bytes, most, tenth]) => {
  return tenth === 0 ? bytes : bytes.subarray(0, most);
});

test("any compressed record is restored", () => {
  fc.assert(
    fc.property(record, (bytes) => {
      const [asGzip, asZlib] = [packed(gzip, bytes), packed(zlib, bytes)];
      for (const back of [gunzipSync(asGzip), ungzip(asGzip), inflateSync(asZlib), inflate(asZlib)]) {
        expect(Buffer.from(back).equals(bytes)).toBe(true);
      }
      for (const { compress, unpack } of formats) expect(unpack(packed(compress, bytes)).equals(bytes)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

/** Repeats parts, with random bytes in each repetition, until the record is large enough to be compressed in pieces. */
const huge = fc.tuple(long, fc.integer({ min: 0, max: 2_000_000 }), fc.uint8Array({ minLength: 4, maxLength: 4 })).map(([part, more, salt]) => {
  const bytes = Buffer.alloc(minPiecewiseBytes + more);
  let state = Buffer.from(salt).readUInt32LE();
  for (let at = 0; at < bytes.length; at += part.length + 64) {
    bytes.set(part.subarray(0, bytes.length - at), at);
    for (let index = at + part.length; index < Math.min(at + part.length + 64, bytes.length); index++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[index] = state >>> 24;
    }
  }
  return bytes;
});

test("any compressed record of megabytes is restored whole, or cut within the limit", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(huge, fc.integer({ min: 4096, max: 6_000_000 }), fc.constantFrom(...formats), (bytes, most, { compress, unpack }) => {
      const sink = new ByteSink();
      sink.append(bytes);
      const outcome = compressToFit(sink, 0, most, false, compress);
      const back = unpack(sink.bytes.subarray(0, sink.length));
      expect(sink.length).toBeLessThanOrEqual(most);
      const kept = outcome === "whole" ? bytes.length : back.length - 14;
      expect(back.subarray(0, kept).equals(bytes.subarray(0, kept))).toBe(true);
      expect(back.subarray(kept).toString()).toBe(outcome === "whole" ? "" : "[Truncated...]");
    }),
    { numRuns: 20 },
  );
});
