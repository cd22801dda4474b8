// copyReadable: copies of msgpack values, with binary as hexadecimal text.
import { decode, encode, ExtData } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputOf } from "../../../src/chunk/msgpack.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { copyReadable } from "../../../src/record/readable_copy.js";

function copyOf(value: Uint8Array): Uint8Array {
  const sink = new ByteSink(1);
  sink.appendAscii("!");
  // Places the value between others, so that it does not start or end with the buffer.
  const bytes = Buffer.concat([Buffer.from([0xc0]), value, Buffer.from([0xc3])]);
  expect(copyReadable(inputOf(bytes), 1, sink)).toBe(1 + value.length);
  return sink.bytes.slice(1, sink.length);
}

/** Returns the expected copy of a value. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(readable);
  if (value === null || typeof value !== "object" || value instanceof ExtData) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item)]));
}

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, "", "x".repeat(40), 1.5, -1, 300, 2 ** 40, new ExtData(5, new Uint8Array([1, 2, 3]))),
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(255, 256, 65_536).map((bytes) => new Uint8Array(bytes).fill(0xa5)),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 20, noNullPrototype: true }),
  ),
}));

test("copyReadable copies any value, with its binary as hexadecimal text", () => {
  fc.assert(
    fc.property(value, (original) => {
      expect(decode(copyOf(encode(original)))).toEqual(readable(original));
    }),
    { numRuns: 300 },
  );
});

test("copyReadable copies a value without binary byte for byte", () => {
  const bytes = Buffer.from("83a161d90162a16394c0c3ca3fc00000d30000000000000001a164de0001a165dc0001c70105ff", "hex");
  expect(Buffer.from(copyOf(bytes)).toString("hex")).toBe(bytes.toString("hex"));
});
