// Base64 against Node's own.
import fc from "fast-check";
import { expect, test } from "vitest";
import { base64Bytes, putBase64 } from "../../../src/bytes/base64.js";

function base64(source: Uint8Array, from: number, end: number): string {
  const bytes = new Uint8Array(base64Bytes(end - from));
  expect(putBase64(source, new DataView(source.buffer, source.byteOffset, source.length), from, end, bytes, new DataView(bytes.buffer), 0)).toBe(bytes.length);
  return Buffer.from(bytes).toString("latin1");
}

test("every group of three bytes, and of one and two, has its text", () => {
  const all = Uint8Array.from({ length: 3 * 256 }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 24);
  for (let from = 0; from < 8; from++) {
    for (let end = from; end < all.length; end++) {
      if (base64(all, from, end) !== Buffer.from(all.subarray(from, end)).toString("base64")) throw new Error(`${from} to ${end}`);
    }
  }
});

test("any bytes have the text that Node gives them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(base64(bytes, 0, bytes.length)).toBe(Buffer.from(bytes).toString("base64"));
    }),
    { numRuns: 1000 },
  );
});
