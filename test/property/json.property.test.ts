// Property: any record, encoded by an independent msgpack library, becomes JSON that JSON.parse reads back as an equal value.
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFloat, jsonText } from "../support/json_parts.js";
import { jsonOf, shape } from "../support/shaped_record.js";

/** Texts of all code points, often of those that need special treatment. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom("a", "\\", '"', "\n", "\u0000", "\u001f", "\u007f", "é", "☃", "𝄞"), maxLength: 40 }),
);

const record = fc.dictionary(
  text,
  fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, false),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      text,
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(text, tie("value"), { maxKeys: 5 }),
    ),
  })).value,
  { maxKeys: 8 },
);

test("a record's JSON equals JSON.stringify's, byte for byte", () => {
  fc.assert(
    fc.property(record, (body) => {
      const shaped = shape(encode(body));
      expect(shaped.text).toBe(JSON.stringify(body));
      expect(JSON.parse(shaped.text ?? "")).toEqual(JSON.parse(JSON.stringify(body)));
    }),
    { numRuns: 2000 },
  );
});

test("64-bit integers keep every digit in JSON", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
      expect(jsonOf(encode(value, { useBigInt64: true })).text).toBe(value.toString());
    }),
    { numRuns: 2000 },
  );
});

const decimal = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 12 }))
  .map(([digits, decimals]) => Number(`${digits}e-${decimals}`));
const shortDecimal = fc
  .tuple(fc.integer(), fc.integer({ min: 0, max: 7 }))
  .map(([digits, decimals]) => Number(`${digits}e-${decimals}`));

test.each([
  ["any", fc.double({ noNaN: true, noDefaultInfinity: true })],
  ["decimal fractions", decimal],
  ["short decimal fractions", shortDecimal],
  ["the neighbours of short decimal fractions", shortDecimal.map((value) => value * (1 + Number.EPSILON))],
])("64-bit floats are written as in JavaScript, in the shortest form that reads back as the same number: %s", (_, numbers) => {
  fc.assert(
    fc.property(numbers, (value) => {
      expect(jsonFloat(value)).toBe(Object.is(value, -0) ? "-0" : String(value));
    }),
    { numRuns: 5000 },
  );
});

test("32-bit floats read back as the equal double", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const [read] = JSON.parse(jsonOf(encode([value], { forceFloat32: true })).text ?? "") as number[];
      // This encoder does not write whole numbers, including -0, as floats.
      expect(read === value).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

/** Returns the expected text: Node's decoder finds valid UTF-8, and each byte outside it is replaced, as in Go. */
function replacedPerByte(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for (let offset = 0; offset < bytes.length; ) {
    const found = [1, 2, 3, 4].find((length) => {
      try {
        return offset + length <= bytes.length && decoder.decode(bytes.subarray(offset, offset + length)) !== "";
      } catch {
        return false;
      }
    });
    text += found === undefined ? "\ufffd" : decoder.decode(bytes.subarray(offset, offset + found));
    offset += found ?? 1;
  }
  return text;
}

test("any bytes as text become valid JSON, with each invalid byte as U+FFFD", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    text.map((valid) => Uint8Array.from(Buffer.from(valid))),
    fc.constantFrom([0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x98]).map((bytes) => Uint8Array.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const bytes = Uint8Array.from(Buffer.concat(pieces));
      expect(JSON.parse(jsonText(bytes))).toBe(replacedPerByte(bytes));
    }),
    { numRuns: 2000 },
  );
});
