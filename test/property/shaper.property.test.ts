// Property: for any record and any options, the shaper's output equals a plain reference's, byte for byte.
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputOf, type Input } from "../../src/chunk/msgpack.js";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { RecordShaper, type RecordOptions, type ShapedEvent } from "../../src/record/shaper.js";
import { shapeByReference, type ReferenceBody, type ReferenceOptions, type ReferenceRecord, type ReferenceContext, type ReferenceValue } from "../support/reference_shaper.js";
import { epochTime } from "../support/shaped_record.js";

/** Few keys, so that the options often name one of them; "a.b" and "a_b" become equal when dots are replaced. */
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

const several = optional(fc.array(key, { minLength: 1, maxLength: 4 }));
/** Different keys for the three options that add keys: init rejects equal ones. */
const addedKeys = fc.uniqueArray(key, { minLength: 3, maxLength: 3 });
const chooses = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean());

const options: fc.Arbitrary<ReferenceOptions> = fc.tuple(fc.record({
  partitionKeyPath: fc.array(key, { maxLength: 3 }),
  logKey: optional(key),
  appendNewline: fc.boolean(),
  replaceDots: optional(fc.constantFrom("_", "", "--", "é", ".")),
}), several, addedKeys, chooses).map(([others, keys, [timeKey, tagKey, metadataKey], [hasTime, hasTag, hasMetadata, isExcept]]) => ({
  ...others,
  dataKeys: isExcept ? undefined : keys,
  exceptKeys: isExcept ? keys : undefined,
  timeKey: hasTime ? timeKey : undefined,
  tagKey: hasTag ? tagKey : undefined,
  metadataKey: hasMetadata ? metadataKey : undefined,
}));

/** Maps of a few entries. */
const small = fc.uniqueArray(fc.tuple(key, value), { ...noDuplicates, maxLength: 2 }).map((entries) => new Map(entries));

const surroundings: fc.Arbitrary<Omit<ReferenceContext, "timeText">> = fc.record({
  tag: fc.constantFrom("app", "kube.var.log", "größe", "x".repeat(100)),
  metadata: fc.oneof(fc.constant(new Map<string, ReferenceValue>()), small),
  shared: optional(small),
});

/** Returns the msgpack of a value, with maps in the given key order, which objects would not keep. */
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

/** Returns an event as bytes: body, metadata, and the metadata of its group. */
function eventOf(record: ReferenceBody, seconds: number, { metadata, shared }: Omit<ReferenceContext, "timeText">): { input: Input; event: ShapedEvent } {
  const parts = [record, metadata, shared ?? new Map<string, ReferenceValue>()].map(encodeReference);
  const [body = 0, second = 0] = parts.map(({ length }) => length);
  const group = shared === undefined ? undefined : { sharedOffset: body + second };
  return {
    input: inputOf(Buffer.concat(parts)),
    event: { bodyOffset: 0, seconds, nanoseconds: 0, group, findMetadata: () => (metadata.size === 0 ? -1 : body) },
  };
}

function shapeWith(shaper: RecordShaper, { input, event }: ReturnType<typeof eventOf>, tag: string, sink: ByteSink): ReferenceRecord {
  const start = sink.length;
  const shaped = shaper.shape(input, event, tag, sink);
  if (shaped.kind === "refused") {
    expect(sink.length).toBe(start);
    return { text: undefined, partitionKey: undefined };
  }
  return { text: Buffer.from(sink.bytes.subarray(start, sink.length)).toString(), partitionKey: shaped.partitionKey };
}

function optionsOf({ timeKey, tagKey, metadataKey, exceptKeys, partitionKeyPath: [first, ...rest], ...others }: ReferenceOptions): RecordOptions {
  return {
    ...others,
    streamKey: undefined,
    ...{ tagKey, metadataKey, exceptKeys },
    time: timeKey === undefined ? undefined : epochTime(timeKey),
    partitionKey: first === undefined ? undefined : [[{ kind: "path", path: [first, ...rest] }]],
  };
}

test("the shaper's record equals the reference's for any record and options", () => {
  const seen = { written: 0, refused: 0, withKey: 0 };
  fc.assert(
    fc.property(body, options, fc.nat(2 ** 31), surroundings, (record, chosen, seconds, around) => {
      const shaped = shapeWith(new RecordShaper(optionsOf(chosen)), eventOf(record, seconds, around), around.tag, new ByteSink(16));
      const expected = shapeByReference(record, { ...around, timeText: String(seconds) }, chosen);
      expect(shaped).toEqual(expected);
      seen[expected.text === undefined ? "refused" : "written"]++;
      if (expected.partitionKey !== undefined) seen.withKey++;
    }),
    { numRuns: 2000 },
  );
  // Makes sure that the runs included each outcome often. The rarest occurred 59 to 110 times.
  expect(Math.min(seen.written, seen.refused, seen.withKey)).toBeGreaterThan(25);
});

test("a shaper and a sink reused for many records produce the same as new ones for each", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(body, surroundings), { maxLength: 6 }), options, (records, chosen) => {
      const shaper = new RecordShaper(optionsOf(chosen));
      const sink = new ByteSink(1);
      records.forEach(([record, around], index) => {
        const shaped = shapeWith(shaper, eventOf(record, index, around), around.tag, sink);
        expect(shaped).toEqual(shapeByReference(record, { ...around, timeText: String(index) }, chosen));
      });
    }),
    { numRuns: 500 },
  );
});
