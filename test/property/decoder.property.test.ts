// Property: for any bytes, the decoder and the pipeline end, read only the chunk, and never throw.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventReader } from "../../src/chunk/event_reader.js";
import { inputOf, skipValue } from "../../src/chunk/msgpack.js";
import { encodeV1, encodeV2, groupStart } from "../support/event_chunk.js";
import { runPipeline } from "../support/recorded_pipeline.js";
import { keyBytesOf } from "../support/entry.js";

/** Bytes that resemble msgpack more often than random bytes: heads of all formats, and small lengths. */
const msgpackLike = fc
  .array(
    fc.oneof(
      fc.constantFrom<readonly number[]>([0x92, 0x05], [0x92, 0x92, 0x05, 0x80], [0x81, 0xa1, 0x61], [0x91], [0xdd], [0xdf], [0xdb]),
      fc.constantFrom<readonly number[]>([0x92, 0xd7, 0x00, 0x65, 0x53, 0xf1, 0x00, 0x07, 0x5b, 0xcd, 0x15]),
      fc.array(fc.integer({ min: 0xc0, max: 0xdf }), { minLength: 1, maxLength: 2 }),
      fc.array(fc.nat(255), { maxLength: 8 }),
      fc.array(fc.nat(3), { maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => Uint8Array.from(parts.flat()));

const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), msgpackLike);

const event = fc
  .tuple(fc.jsonValue({ maxDepth: 3 }), fc.boolean())
  .map(([value, isV2]) => (isV2 ? encodeV2 : encodeV1)({ body: { value }, metadata: value === null ? {} : { value } }));

const groupMark = fc.constantFrom(groupStart(), groupStart({}, { value: { a: [1] }, b: Buffer.from("binary") }));

/** Whole events, cut off somewhere, with one byte changed. */
const damagedChunk = fc
  .tuple(fc.array(fc.oneof(event, groupMark), { maxLength: 5 }), fc.nat(), fc.nat(), fc.nat(255))
  .map(([events, cut, place, byte]) => {
    const chunk = Uint8Array.from(Buffer.concat(events));
    if (chunk.length > 0) chunk[place % chunk.length] = byte;
    return chunk.subarray(0, cut % (chunk.length + 1));
  });

const chunks = fc.oneof(anyBytes, damagedChunk);

/** Returns the bytes as a view between other bytes, which must not be read. */
function embedded(bytes: Uint8Array, around: number): Uint8Array {
  const memory = new Uint8Array(bytes.length + 40).fill(around);
  memory.set(bytes, 20);
  return memory.subarray(20, 20 + bytes.length);
}

describe("skipValue", () => {
  test("returns a position behind its start and within the input, or reports an unfinished value", () => {
    fc.assert(
      fc.property(chunks, fc.nat(), (bytes, place) => {
        const offset = bytes.length === 0 ? 0 : place % bytes.length;
        const end = skipValue(inputOf(bytes), offset);
        expect(end === -1 || (end > offset && end <= bytes.length)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("returns the same for a whole value with bytes behind it, and for an unfinished value with fewer bytes", () => {
    fc.assert(
      fc.property(chunks, fc.uint8Array({ maxLength: 10 }), fc.nat(), (bytes, more, cut) => {
        const end = skipValue(inputOf(bytes), 0);
        if (end === -1) expect(skipValue(inputOf(bytes.subarray(0, cut % (bytes.length + 1))), 0)).toBe(-1);
        else expect(skipValue(inputOf(Buffer.concat([bytes, more])), 0)).toBe(end);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("EventReader", () => {
  test("returns at most as many events and broken values as bytes, with bodies within the chunk", () => {
    fc.assert(
      fc.property(chunks, (bytes) => {
        const input = inputOf(bytes);
        const reader = new EventReader(input);
        let events = 0;
        while (reader.next()) {
          events++;
          const end = skipValue(input, reader.bodyOffset);
          expect(end > reader.bodyOffset && end <= bytes.length).toBe(true);
          expect(Number.isSafeInteger(reader.nanoseconds) && reader.nanoseconds >= 0).toBe(true);
          expect(reader.nanoseconds).toBeLessThan(1_000_000_000);
        }
        expect(events + reader.brokenEvents).toBeLessThanOrEqual(bytes.length);
        expect(reader.next()).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  test("does not depend on the memory around the chunk", () => {
    const read = (bytes: Uint8Array) => {
      const reader = new EventReader(inputOf(bytes));
      const events: number[][] = [];
      while (reader.next()) events.push([reader.seconds, reader.nanoseconds, reader.bodyOffset]);
      return { events, broken: reader.brokenEvents };
    };
    fc.assert(
      fc.property(chunks, (bytes) => {
        expect(read(embedded(bytes, 0xc1))).toEqual(read(embedded(bytes, 0x00)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the pipeline", () => {
  const optionSets = [
    {},
    { time_key: "time", time_key_format: "%c %V %j %s %L %z", append_newline: "true" },
    { partition_key: "a->b", data_keys: "a,value", replace_dots: "_" },
    { log_key: "a", compression: "zlib" },
    { aggregation: "true", partition_key: "value" },
    { metadata_key: "m", tag_key: "t", except_keys: "a", partition_key: "$m['value'][0]-$TAG[1], $t, value" },
  ];

  test.each(optionSets)("accepts any bytes with %j, and sends no empty record and no empty key", (options) => {
    fc.assert(
      fc.property(chunks, (bytes) => {
        for (const entry of runPipeline(options, bytes).entries) {
          expect(entry.data.length).toBeGreaterThan(0);
          expect(entry.partitionKey).not.toBe("");
          expect(entry.sizeBytes).toBe(entry.data.length + keyBytesOf(entry.partitionKey));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("does not depend on the memory around the chunk", () => {
    const run = (bytes: Uint8Array) => {
      const { entries, told } = runPipeline({ partition_key: "value, $m['value'][0]", metadata_key: "m" }, bytes, { random: () => 0 });
      // Compares copies: comparing the memory behind each entry takes minutes on a busy machine.
      const sent = entries.map(({ data, partitionKey, sizeBytes, events }) => [Buffer.from(data).toString("hex"), partitionKey, sizeBytes, events]);
      return { sent, told };
    };
    fc.assert(
      fc.property(chunks, (bytes) => {
        expect(run(embedded(bytes, 0x61))).toEqual(run(embedded(bytes, 0xff)));
      }),
      { numRuns: 1000 },
    );
  });
});
