// Tests the slices of a chunk: where they end, and that together they have all events.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { EntryTable } from "../../src/pack/entry_table.js";
import { EventSet } from "../../src/pack/event_set.js";
import { sliceRecordBytes } from "../../src/pack/slices.js";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { chunkOf } from "../support/event_chunk.js";
import { pipelineOf, type PluginOptions } from "../support/recorded_pipeline.js";
import { entryOf } from "../support/scripted_client.js";
import { tableOf, viewsOf } from "../support/entry.js";

const raw = { log_key: "log" };
const sliceEvents = 20_000;

/** Returns the events of each slice. */
function slicesOf(options: PluginOptions, chunk: Uint8Array, wanted?: EventSet): number[][] {
  const { pipeline } = pipelineOf(options);
  const slices = pipeline.open(chunk, "tag", wanted);
  const all: number[][] = [];
  while (!slices.isOver) {
    const table = new EntryTable(new ByteSink());
    all.push(viewsOf(table, slices.next(table)).flatMap(({ events }) => events));
  }
  return all;
}

function setOf(events: readonly number[]): EventSet {
  const set = new EventSet();
  set.add(...tableOf(events.map((event) => entryOf("key", 10, event))));
  return set;
}

const numbersUpTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const chunkOfLines = (count: number, log = "x") => chunkOf(numbersUpTo(count).map(() => ({ log })));
const lengths = (slices: readonly (readonly number[])[]) => slices.map(({ length }) => length);

describe("a slice ends", () => {
  it.each([
    [sliceEvents - 1, [19_999]],
    [sliceEvents, [20_000, 0]],
    [sliceEvents + 1, [20_000, 1]],
  ])("after 20,000 events: a chunk of %i is cut into %j", (count, expected) => expect(lengths(slicesOf(raw, chunkOfLines(count)))).toEqual(expected));

  it("after 20,000 events, dropped events included", () => {
    const chunk = chunkOf([...numbersUpTo(sliceEvents).map(() => ({ other: 1 })), { log: "x" }]);
    expect(slicesOf(raw, chunk)).toEqual([[], [sliceEvents]]);
  });

  it.each([
    [-1, [6, 0]],
    [0, [5, 1]],
    [1, [5, 1]],
  ])("when its records reach the limit of bytes: %i bytes past it", (more, expected) => {
    const others = Array.from({ length: 5 }, () => 1_000_000);
    const chunk = chunkOf([sliceRecordBytes - 4_000_000 + more, ...others].map((bytes) => ({ log: "x".repeat(bytes) })));
    expect(lengths(slicesOf(raw, chunk))).toEqual(expected);
  });

  it("when large records fill two requests of 10 MiB", () => {
    const chunk = chunkOf(numbersUpTo(22).map(() => ({ log: "x".repeat(1024 * 1024) })));
    expect(lengths(slicesOf({ ...raw, max_record_size: "10485760" }, chunk))).toEqual([20, 2]);
  });

  it("with aggregation only after 50,000 events", () => {
    expect(lengths(slicesOf({ ...raw, aggregation: "true" }, chunkOfLines(50_001)))).toEqual([50_000, 1]);
  });

  it("at the position from which no event has been sent yet", () => {
    const wanted = setOf([1, 3]);
    wanted.addFrom(6);
    expect(slicesOf(raw, chunkOfLines(9), wanted)).toEqual([[1, 3], [6, 7, 8]]);
  });

  it("at that position, also if it is the first event or behind the last", () => {
    const all = setOf([]);
    all.addFrom(0);
    const none = setOf([2]);
    none.addFrom(4);
    expect([all, none].map((wanted) => slicesOf(raw, chunkOfLines(4), wanted))).toEqual([[[0, 1, 2, 3]], [[2], []]]);
  });
});

test("values of a chunk that are not events are reported once, when the chunk has been read to its end", () => {
  const { pipeline, told } = pipelineOf(raw);
  const chunk = Buffer.concat([chunkOfLines(sliceEvents), Buffer.from([0xc0, 0xc0]), chunkOfLines(1)]);
  const slices = pipeline.open(chunk, "tag");
  slices.next(new EntryTable(new ByteSink()));
  expect([slices.position, told]).toEqual([sliceEvents, []]);
  const wanted = setOf([7]);
  wanted.addFrom(slices.position);
  for (const again of [pipeline.open(chunk, "tag", wanted), pipeline.open(chunk, "tag", setOf([8]))]) while (!again.isOver) again.next(new EntryTable(new ByteSink()));
  expect(told).toEqual([["broken", 2]]);
});

test("slices have each wanted event once, in order", () => {
  const events = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(events, fc.uniqueArray(events), fc.option(events), (count, some, rest) => {
      const wanted = setOf(some);
      if (rest !== null) wanted.addFrom(rest);
      const expected = numbersUpTo(count).filter((event) => some.includes(event) || (rest !== null && event >= rest));
      const slices = slicesOf(raw, chunkOfLines(count), wanted);
      expect(slices.flat()).toEqual(expected);
      for (const slice of slices) expect(new Set(slice.map((event) => event >= (rest ?? Infinity))).size).toBeLessThan(2);
    }),
  );
});
