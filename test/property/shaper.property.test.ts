// Any record and any options together: the shaper does what the plain reference does, byte for byte.
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputOf } from "../../src/chunk/msgpack.js";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { RecordShaper, type RecordOptions } from "../../src/record/shaper.js";
import { shapeByReference, type ReferenceOptions, type ReferenceValue } from "../support/reference_shaper.js";
import { epochTime, shape } from "../support/shaped_record.js";

/** Few keys, so that the options often name one of them; "a.b" and "a_b" meet when dots are replaced. */
const key = fc.constantFrom("a", "b", "a.b", "a_b", "..", "log", "time", "");
const noDuplicates = { selector: ([name]: readonly [string, ReferenceValue]) => name, maxLength: 6 };

const { value } = fc.letrec<{ value: ReferenceValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<ReferenceValue>(null, true, false, "", "x", 'say "hi"\n', "é☃𝄞", "𝄞".repeat(300)),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.string({ unit: "binary" }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.uniqueArray(fc.tuple(key, tie("value")), noDuplicates).map((entries) => new Map(entries)),
  ),
}));

const body = fc.uniqueArray(fc.tuple(key, value), noDuplicates).map((entries) => new Map(entries));
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const options: fc.Arbitrary<ReferenceOptions> = fc.record({
  partitionKeyPath: fc.array(key, { maxLength: 3 }),
  dataKeys: optional(fc.array(key, { minLength: 1, maxLength: 4 })),
  logKey: optional(key),
  appendNewline: fc.boolean(),
  timeKey: optional(key),
  replaceDots: optional(fc.constantFrom("_", "", "--", "é", ".")),
});

/** msgpack of a value, with maps in the order of their keys, which objects would not keep. */
function encodeReference(value: ReferenceValue): Uint8Array {
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, ReferenceValue>)];
    return Buffer.concat([
      Uint8Array.of(0x80 | entries.length),
      ...entries.flatMap(([name, item]) => [encode(name), encodeReference(item)]),
    ]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([
      Uint8Array.of(0x90 | value.length),
      ...(value as readonly ReferenceValue[]).map(encodeReference),
    ]);
  }
  return encode(value, { useBigInt64: true });
}

function optionsOf({ timeKey, partitionKeyPath: [first, ...rest], ...others }: ReferenceOptions): RecordOptions {
  return {
    ...others,
    streamKey: undefined,
    time: timeKey === undefined ? undefined : epochTime(timeKey),
    partitionKey: first === undefined ? undefined : [[{ kind: "path", path: [first, ...rest] }]],
  };
}

test("the shaper agrees with the reference", () => {
  const seen = { written: 0, refused: 0, withKey: 0 };
  fc.assert(
    fc.property(body, options, fc.nat(2 ** 31), (record, chosen, seconds) => {
      const shaped = shape(encodeReference(record), optionsOf(chosen), seconds);
      const expected = shapeByReference(record, String(seconds), chosen);
      expect({ text: shaped.text, partitionKey: shaped.partitionKey }).toEqual(expected);
      seen[expected.text === undefined ? "refused" : "written"]++;
      if (expected.partitionKey !== undefined) seen.withKey++;
    }),
    { numRuns: 5000 },
  );
  // That the runs tell anything: each outcome was among them, often.
  expect(Math.min(seen.written, seen.refused, seen.withKey)).toBeGreaterThan(100);
});

test("one shaper and one sink for many records give what new ones for each give", () => {
  fc.assert(
    fc.property(fc.array(body, { maxLength: 6 }), options, (records, chosen) => {
      const shaper = new RecordShaper(optionsOf(chosen));
      const sink = new ByteSink(1);
      records.forEach((record, index) => {
        const start = sink.length;
        const shaped = shaper.shape(inputOf(encodeReference(record)), 0, index, 0, "tag", sink);
        const text = Buffer.from(sink.bytes.subarray(start, sink.length)).toString();
        const expected = shapeByReference(record, String(index), chosen);
        expect(shaped.kind === "written" ? text : undefined).toBe(expected.text);
        expect(shaped.kind === "written" ? shaped.partitionKey : undefined).toBe(expected.partitionKey);
      });
    }),
    { numRuns: 1000 },
  );
});
