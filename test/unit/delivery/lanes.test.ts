// Lanes: which entries are sent one after the other, the number of lanes, and how even they are.
import { describe, expect, it } from "vitest";
import type { EntryView } from "../../../src/pack/entry_table.js";
import { noLane, slotCount, slotOf, type LanesOfSlots } from "../../../src/delivery/key_slots.js";
import type { SendOrder } from "../../../src/delivery/lanes.js";
import { cutBatches, cutLanes } from "../../support/cut_entries.js";
import { entryOf } from "../../support/entry.js";
import { entriesOf } from "../../support/scripted_client.js";

const limits = { maxRecords: 500, maxBytes: 5 * 1024 * 1024 };

/** Returns the given number of entries of each key, alternating between the keys. */
function entriesOfKeys(counts: Readonly<Record<string, number>>, sizeBytes = 10): EntryView[] {
  const entries: EntryView[] = [];
  const left = new Map(Object.entries(counts));
  for (let event = 0; left.size > 0; ) {
    for (const [partitionKey, count] of left) {
      entries.push(entryOf({ partitionKey, sizeBytes, events: event++ }));
      if (count === 1) left.delete(partitionKey);
      else left.set(partitionKey, count - 1);
    }
  }
  return entries;
}

/** Returns the number of entries in each batch of each lane. */
function sizesOf(entries: readonly EntryView[], order: SendOrder, maxRequests = 50, given = limits): number[][] {
  return cutLanes(entries, given, order, maxRequests).map(({ batches }) => batches.map((batch) => batch.length));
}

describe("lanes without an order", () => {
  it.each([
    [0, []],
    [500, [[500]]],
    [501, [[500], [1]]],
    [1500, [[500], [500], [500]]],
  ])("(%i entries) have one batch each", (count, expected) => {
    expect(sizesOf(entriesOf(count), "none", 1)).toEqual(expected);
  });
});

describe("entries sent one after another", () => {
  it.each([
    [0, []],
    [500, [[500]]],
    [1001, [[500, 500, 1]]],
  ])("(%i) are in one lane", (count, expected) => {
    expect(sizesOf(entriesOf(count), "one after another")).toEqual(expected);
  });
});

describe("lanes by key", () => {
  it("are none without entries", () => {
    expect(sizesOf([], "by key")).toEqual([]);
  });

  it.each([
    [499, 1],
    [500, 1],
    [501, 3],
  ])("for %i entries of many keys are %i, of one request each", (count, lanes) => {
    const sizes = sizesOf(entriesOf(count), "by key");
    expect(sizes).toHaveLength(lanes);
    expect(sizes.every((lane) => lane.length === 1)).toBe(true);
  });

  it("are a single one when all entries have the same key", () => {
    expect(sizesOf(entriesOfKeys({ only: 1200 }), "by key")).toEqual([[500, 500, 200]]);
  });

  it("hold all entries of a key in one lane, in the order of the chunk", () => {
    const entries = entriesOfKeys({ a: 300, b: 300, c: 300, d: 300 });
    const lanes = cutLanes(entries, limits, "by key", 50).map(({ batches }) => batches.flat());
    expect(lanes).toHaveLength(4);
    for (const key of "abcd") {
      const own = entries.filter(({ partitionKey }) => partitionKey === key);
      const found = lanes.map((lane) => lane.filter(({ partitionKey }) => partitionKey === key)).filter(({ length }) => length > 0);
      expect(found).toEqual([own]);
    }
    expect(lanes.flat().length).toBe(entries.length);
  });

  it("have even numbers of entries: the largest key is assigned first, to the lightest lane", () => {
    expect(sizesOf(entriesOfKeys({ a: 200, b: 400, c: 100, d: 300, e: 200 }), "by key")).toEqual([[400], [300], [300], [200]]);
  });

  it("have even sizes when bytes fill requests first", () => {
    const entries = entriesOfKeys({ a: 2, b: 4, c: 1, d: 3, e: 2 }, 1024 * 1024);
    expect(sizesOf(entries, "by key").flat().sort()).toEqual([2, 3, 3, 4]);
  });

  it("are filled up, the lightest first, with entries with random partition keys", () => {
    const random = Array.from({ length: 600 }, () => entryOf({ partitionKey: undefined, sizeBytes: 10 }));
    const sizes = sizesOf([...entriesOfKeys({ a: 400 }), ...random], "by key");
    expect(sizes.flat().sort()).toEqual([300, 300, 400]);
  });

  it.each([
    [1, 1],
    [2, 4],
    [3, 5],
    [50, 5],
  ])("with at most %i concurrent requests, for 2000 entries of many keys, are %i", (maxRequests, expected) => {
    expect(sizesOf(entriesOf(2000), "by key", maxRequests)).toHaveLength(expected);
  });

  it("separate a key that fills several requests from the other keys", () => {
    const sizes = sizesOf(entriesOfKeys({ hot: 1500, a: 250, b: 250 }), "by key");
    expect(sizes).toContainEqual([500, 500, 500]);
    expect(sizes.filter((lane) => lane.length === 1)).toEqual([[250], [250]]);
  });

  it("are fewer when lanes of large entries would need too many requests", () => {
    // Two fit into one request in the order of the chunk, but not two of the same key.
    const entries = Array.from({ length: 20 }, (_, index) =>
      entryOf({ partitionKey: index % 2 === 0 ? "large" : "small", sizeBytes: index % 2 === 0 ? 60 : 40 }),
    );
    const given = { maxRecords: 500, maxBytes: 100 };
    expect(cutBatches(entries, given)).toHaveLength(10);
    expect(sizesOf(entries, "by key", 50, given)).toEqual([Array(10).fill(2)]);
  });

  it("accept keys that look like numbers or members of all objects", () => {
    const entries = entriesOfKeys({ "1": 300, "__proto__x": 1, "constructor": 300 });
    expect(cutLanes(entries, limits, "by key", 50).map(({ batches }) => batches.flat()).flat()).toHaveLength(601);
  });

  it("name the slots of their keys, each slot in one lane", () => {
    const keys = ["a", "b", "c", "d"];
    const lanes = cutLanes(entriesOfKeys({ a: 300, b: 300, c: 300, d: 300 }), limits, "by key", 50);
    for (const { batches, slots } of lanes) {
      expect(slots).toEqual([...new Set(batches.flat().map(({ partitionKey }) => slotOf(partitionKey ?? "")))]);
    }
    expect(lanes.flatMap(({ slots }) => slots).sort()).toEqual(keys.map(slotOf).sort());
  });

  it("name the slots of all keys in a single lane", () => {
    const [lane] = cutLanes(entriesOfKeys({ a: 2, b: 1 }), limits, "by key", 50);
    expect([...(lane?.slots ?? [])].sort()).toEqual([slotOf("a"), slotOf("b")].sort());
  });

  it("keep the keys of the previous chunk where possible", () => {
    const counts = Object.fromEntries(Array.from({ length: 40 }, (_, key) => [`key ${key}`, 100 + key]));
    const laneOf = (entries: readonly EntryView[], last?: LanesOfSlots) => {
      const lanes = cutLanes(entries, limits, "by key", 10, last);
      const ofSlots = new Uint8Array(slotCount).fill(noLane);
      for (const [lane, { slots }] of lanes.entries()) for (const slot of slots) ofSlots[slot] = lane;
      return { lanes: lanes.length, ofSlots };
    };
    const first = laneOf(entriesOfKeys(counts));
    const others = Object.fromEntries(Object.keys(counts).map((key, index) => [key, 139 - index]));
    expect(laneOf(entriesOfKeys(others), first)).toEqual(first);
    expect(laneOf(entriesOfKeys(others)), "without that they would change lanes").not.toEqual(first);
  });
});

describe("lanes by shard", () => {
  const aggregate = (partitionKey: string, shardId: string | undefined, event: number) =>
    entryOf({ partitionKey, sizeBytes: 3 * 1024 * 1024, events: [event], shardId });

  it("hold all entries of a shard in one lane, with any partition keys", () => {
    const entries = [aggregate("a", "s1", 0), aggregate("b", "s2", 1), aggregate("c", "s1", 2), aggregate("b", "s2", 3)];
    const lanes = cutLanes(entries, limits, "by shard", 50).map(({ batches }) => batches.flat().map(({ shardId }) => shardId));
    expect(lanes).toEqual([["s1", "s1"], ["s2", "s2"]]);
  });

  it("hold all entries outside the shards of the map in one lane, since such aggregates may hold any keys", () => {
    const entries = [aggregate("a", undefined, 0), aggregate("b", "s2", 1), aggregate("c", undefined, 2)];
    const lanes = cutLanes(entries, limits, "by shard", 50).map(({ batches }) => batches.flat().map(({ partitionKey }) => partitionKey));
    expect(lanes).toEqual([["a", "c"], ["b"]]);
  });

  it("are a single one for aggregates without a shard map", () => {
    const entries = [aggregate("a", undefined, 0), aggregate("b", undefined, 1), aggregate("c", undefined, 2)];
    expect(sizesOf(entries, "by shard")).toEqual([[1, 1, 1]]);
  });
});
