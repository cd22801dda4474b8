// EventReader: events of both formats, their times, groups and metadata, and values that are not events.
import { decode, encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { EventReader } from "../../../src/chunk/event_reader.js";
import { inputOf, skipValue } from "../../../src/chunk/msgpack.js";
import { chunkOf, encodeV1, encodeV2, groupEnd, groupStart, type EventTime } from "../../support/event_chunk.js";

interface ReadEvent {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly body: unknown;
}

function readAll(chunk: Uint8Array): { readonly events: ReadEvent[]; readonly broken: number } {
  const input = inputOf(chunk);
  const reader = new EventReader(input);
  const events: ReadEvent[] = [];
  while (reader.next()) {
    const body = decode(chunk.subarray(reader.bodyOffset, skipValue(input, reader.bodyOffset)));
    events.push({ seconds: reader.seconds, nanoseconds: reader.nanoseconds, body });
  }
  return { events, broken: reader.brokenEvents };
}

const bodiesOf = (chunk: Uint8Array) => readAll(chunk).events.map(({ body }) => body);
const good = encodeV2({ body: { n: 1 } });

describe("EventReader reads an event's time", () => {
  const times: readonly (readonly [string, EventTime, number, number])[] = [
    ["an event time", { kind: "ext", seconds: 1_700_000_000, nanoseconds: 123_456_789 }, 1_700_000_000, 123_456_789],
    ["an event time after 2038", { kind: "ext", seconds: 0xffff_fffd, nanoseconds: 1 }, 0xffff_fffd, 1],
    ["an event time with too many nanoseconds", { kind: "ext", seconds: 5, nanoseconds: 4_000_000_001 }, 9, 1],
    ["an integer", { kind: "int", seconds: 1_700_000_000 }, 1_700_000_000, 0],
    ["an integer before 1970", { kind: "int", seconds: -86_400 }, -86_400, 0],
    ["a float", { kind: "float", seconds: 1_700_000_000.5 }, 1_700_000_000, 500_000_000],
    ["a float before 1970", { kind: "float", seconds: -3.25 }, -4, 750_000_000],
    ["a float in the last second of 1969, which is not a group marker", { kind: "float", seconds: -0.5 }, -1, 500_000_000],
    ["a float in the last but one second of 1969", { kind: "float", seconds: -1.25 }, -2, 750_000_000],
    ["a float just below a second", { kind: "float", seconds: 0.999_999_999_9 }, 0, 999_999_999],
  ];

  test.each(times)("%s, in both formats", (_, time, seconds, nanoseconds) => {
    for (const encodeEvent of [encodeV1, encodeV2]) {
      expect(readAll(encodeEvent({ body: { a: 1 }, time }))).toEqual({
        events: [{ seconds, nanoseconds, body: { a: 1 } }],
        broken: 0,
      });
    }
  });

  test.each([
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
  ])("a time of %s makes the event malformed", (_, seconds) => {
    const broken = encodeV1({ body: { n: 0 }, time: { kind: "float", seconds } });
    expect(readAll(Buffer.concat([broken, good]))).toMatchObject({ events: [{ body: { n: 1 } }], broken: 1 });
  });
});

test("EventReader skips metadata of any depth", () => {
  expect(bodiesOf(encodeV2({ body: { n: 1 }, metadata: { a: { b: [{ c: "d" }] } } }))).toEqual([{ n: 1 }]);
});

test("EventReader reads a chunk that mixes both formats", () => {
  expect(bodiesOf(Buffer.concat([encodeV1({ body: { n: 0 } }), good]))).toEqual([{ n: 0 }, { n: 1 }]);
});

test("group markers are neither events nor malformed", () => {
  const chunk = Buffer.concat([groupStart({ group: "g" }, { resource: {} }), good, groupEnd(), good]);
  expect(readAll(chunk)).toMatchObject({ events: [{ body: { n: 1 } }, { body: { n: 1 } }], broken: 0 });
});

test("a group marker may have an integer as its time", () => {
  const marker = (seconds: number) => encodeV2({ body: { n: 0 }, time: { kind: "int", seconds } });
  expect(readAll(Buffer.concat([marker(-1), good, marker(-2)]))).toMatchObject({
    events: [{ body: { n: 1 } }],
    broken: 0,
  });
});

describe("the metadata and the group of an event", () => {
  /** Returns each event's metadata and its group's shared data. */
  function metadataAndGroupsOf(chunk: Uint8Array): unknown[] {
    const input = inputOf(chunk);
    const reader = new EventReader(input);
    const valueAt = (offset: number) => decode(chunk.subarray(offset, skipValue(input, offset)));
    const found: unknown[] = [];
    while (reader.next()) {
      const metadata = reader.findMetadata();
      found.push([metadata < 0 ? undefined : valueAt(metadata), reader.group === undefined ? undefined : valueAt(reader.group.sharedOffset)]);
    }
    return found;
  }

  test("are read for each event of a chunk", () => {
    const chunk = Buffer.concat([
      encodeV1({ body: {} }), encodeV2({ body: {} }), encodeV2({ body: {}, metadata: { m: 1 } }),
      groupStart({ schema: "otlp" }, { resource: 1 }), encodeV2({ body: {}, metadata: { m: 2 } }), encodeV1({ body: {} }),
      groupStart({}, { resource: 2 }), encode(7), encodeV2({ body: {} }), groupEnd(), encodeV2({ body: {}, metadata: { m: 3 } }),
    ]);
    expect(metadataAndGroupsOf(chunk)).toEqual([
      [undefined, undefined], [undefined, undefined], [{ m: 1 }, undefined],
      [{ m: 2 }, { resource: 1 }], [undefined, { resource: 1 }], [undefined, { resource: 2 }], [{ m: 3 }, undefined],
    ]);
  });

  test("are ignored if they are not maps", () => {
    const odd = (metadata: unknown) => Buffer.concat([Uint8Array.of(0x92, 0x92, 0x05), encode(metadata), Uint8Array.of(0x80)]);
    expect(metadataAndGroupsOf(Buffer.concat([odd("text"), odd(null), odd([1]), groupStart({}, "text"), odd({ m: 1 })]))).toEqual([
      [undefined, undefined], [undefined, undefined], [undefined, undefined], [{ m: 1 }, undefined],
    ]);
  });

  test("are missing in a header with the time alone", () => {
    expect(metadataAndGroupsOf(Uint8Array.from([0x92, 0x91, 0x05, 0x80]))).toEqual([[undefined, undefined]]);
  });
});

test("an empty chunk has no events", () => {
  expect(readAll(new Uint8Array())).toEqual({ events: [], broken: 0 });
});

test("an event may have an empty body", () => {
  expect(bodiesOf(encodeV2({ body: {} }))).toEqual([{}]);
});

describe("a malformed value is counted, and the events around it are kept", () => {
  const eventTime = [0xd7, 0x00, 0, 0, 0, 1, 0, 0, 0, 0];
  test.each([
    ["a number", encode(7)],
    ["nil", encode(null)],
    ["a map", encode({ a: 1 })],
    ["the byte that msgpack never uses", Uint8Array.of(0xc1)],
    ["an empty list", encode([])],
    ["a list of one value", encode([1])],
    ["a list of three values", encode([1, {}, {}])],
    ["a body that is a text", encodeV2({ body: "text" })],
    ["a body that is a list", encodeV2({ body: [1] })],
    ["a body that is nil", encodeV1({ body: null })],
    ["a time that is a text", encode(["now", {}])],
    ["a time that is nil", encode([null, {}])],
    ["an empty header", encode([[], {}])],
    ["a header whose time is a map", encode([[{}, {}], {}])],
    ["a time that is an extension of another type", Uint8Array.from([0x92, 0xd7, 0x01, ...eventTime.slice(2), 0x80])],
    ["an event time of four bytes", Uint8Array.from([0x92, 0xd6, 0x00, 0, 0, 0, 1, 0x80])],
    ["an event time of nine bytes", Uint8Array.from([0x92, 0xc7, 9, 0x00, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x80])],
  ])("%s", (_, value) => {
    expect(readAll(Buffer.concat([good, value, good]))).toMatchObject({
      events: [{ body: { n: 1 } }, { body: { n: 1 } }],
      broken: 1,
    });
  });
});

test("an event time in the format ext 8 is read like one in fixext 8", () => {
  const chunk = Uint8Array.from([0x92, 0xc7, 8, 0x00, 0, 0, 0, 9, 0, 0, 0, 5, 0x80]);
  expect(readAll(chunk)).toEqual({ events: [{ seconds: 9, nanoseconds: 5, body: {} }], broken: 0 });
});

test("a header in the format array 16 is read like one in fixarray", () => {
  const chunk = Uint8Array.from([0xdc, 0, 2, 0xdc, 0, 2, 0x05, 0x80, 0x80]);
  expect(readAll(chunk)).toEqual({ events: [{ seconds: 5, nanoseconds: 0, body: {} }], broken: 0 });
});

test("of a chunk cut at any byte, the complete events are read and the incomplete one is counted", () => {
  const chunk = chunkOf([{ a: 1 }, { b: ["x", 2.5] }, { c: { d: null } }]);
  const borders = [{ a: 1 }, { b: ["x", 2.5] }, { c: { d: null } }].reduce<number[]>(
    (ends, body) => [...ends, (ends.at(-1) ?? 0) + encodeV2({ body }).length],
    [0],
  );
  for (let length = 0; length <= chunk.length; length++) {
    const whole = borders.filter((border) => border <= length).length - 1;
    const { events, broken } = readAll(chunk.subarray(0, length));
    expect(events).toHaveLength(whole);
    expect(broken).toBe(borders.includes(length) ? 0 : 1);
  }
});
