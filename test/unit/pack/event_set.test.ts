// Tests sets of events at the borders of their bytes, from plain and from aggregated entries.
import { describe, expect, it } from "vitest";
import { EventSet } from "../../../src/pack/event_set.js";
import { entryOf } from "../../support/scripted_client.js";
import { tableOf } from "../../support/entry.js";

function setOf(...events: (number | readonly number[])[]): EventSet {
  const set = new EventSet();
  set.add(...tableOf(events.map((event) => entryOf("key", 10, event))));
  return set;
}

function membersUpTo(last: number, set: EventSet): number[] {
  return Array.from({ length: last + 1 }, (_, event) => event).filter((event) => set.has(event));
}

describe("a set of events", () => {
  it.each([0, 1, 6, 7, 8, 9, 15, 16, 17, 63, 64])("with event %i has only that event", (event) => {
    expect(membersUpTo(200, setOf(event))).toEqual([event]);
  });

  it.each([
    [7, 1],
    [8, 2],
    [9, 2],
    [15, 2],
    [16, 3],
    [79_999, 10_000],
  ])("with events up to %i takes %i bytes", (event, bytes) => expect(setOf(0, event).bytes).toBe(bytes));

  it("of no entries has no events and takes no memory", () => {
    expect(membersUpTo(20, setOf())).toEqual([]);
    expect(setOf().bytes).toBe(0);
  });

  it("has all events of aggregated entries", () => {
    expect(membersUpTo(40, setOf([0, 7, 8], 3, [9, 31, 30], [16]))).toEqual([0, 3, 7, 8, 9, 16, 30, 31]);
  });

  it("accepts events in any order, and more than once", () => {
    expect(membersUpTo(40, setOf(17, [9, 2, 2], 17))).toEqual([2, 9, 17]);
  });

  it("does not have events behind its last byte", () => {
    const set = setOf(7);
    for (const event of [8, 15, 16, 1000, 2 ** 31]) expect(set.has(event)).toBe(false);
  });
});

describe("adding all events from a position on", () => {
  it.each([0, 1, 7, 8, 9, 100])("adds the events from %i to the others, and takes no memory", (first) => {
    const set = setOf(0);
    const { bytes } = set;
    set.addFrom(first);
    expect(membersUpTo(first + 20, set)).toEqual([...(first > 0 ? [0] : []), ...Array.from({ length: 21 }, (_, n) => first + n)]);
    expect([set.rest, set.bytes]).toEqual([first, bytes]);
  });

  it("counts from the lowest of several positions, and from infinity without any", () => {
    const set = setOf(3);
    expect(set.rest).toBe(Infinity);
    for (const first of [9, 5, 7]) set.addFrom(first);
    expect(membersUpTo(8, set)).toEqual([3, 5, 6, 7, 8]);
  });

  it("keeps those events while further entries are added", () => {
    const set = setOf(17);
    set.addFrom(40);
    set.add(...tableOf([entryOf("key", 10, [1, 30])]));
    expect(membersUpTo(41, set)).toEqual([1, 17, 30, 40, 41]);
  });
});

describe("removing events", () => {
  it.each([0, 7, 8, 15, 16])("removes event %i and none of its neighbours", (event) => {
    const all = Array.from({ length: 24 }, (_, n) => n);
    const set = setOf(...all);
    set.remove(...tableOf([entryOf("key", 10, event)]));
    expect(membersUpTo(30, set)).toEqual(all.filter((one) => one !== event));
  });

  it("accepts events of aggregates, events that are not in the set, and events behind its last byte", () => {
    const set = setOf(1, 2, 3);
    set.remove(...tableOf([entryOf("key", 10, [1, 3, 5]), entryOf("key", 10, 1000)]));
    expect([membersUpTo(20, set), set.bytes]).toEqual([[2], 1]);
  });
});

describe("adding the events from a position on that another set has", () => {
  it.each([
    [0, [2, 7, 8, 9, 20, 21, 22]],
    [3, [7, 8, 9, 20, 21, 22]],
    [7, [7, 8, 9, 20, 21, 22]],
    [8, [8, 9, 20, 21, 22]],
    [10, [20, 21, 22]],
    [21, [21, 22]],
  ])("adds the events from %i on: %j", (from, members) => {
    const wanted = setOf(2, 7, 8, 9);
    wanted.addFrom(20);
    const set = new EventSet();
    set.addFrom(from, wanted);
    expect(membersUpTo(22, set)).toEqual(members);
    const other = setOf(0);
    other.addFrom(from, wanted);
    expect(membersUpTo(22, other)).toEqual([...new Set([0, ...members])]);
  });

  it("adds no events when the other set has none there", () => {
    const set = setOf(40);
    set.addFrom(5, setOf(1, 4));
    expect(membersUpTo(60, set)).toEqual([40]);
  });
});

describe("a copy of a set", () => {
  it("has the same events, and changes independently", () => {
    const set = setOf(1, 9);
    set.addFrom(30);
    const copy = set.copy();
    set.remove(...tableOf([entryOf("key", 10, 9)]));
    expect([membersUpTo(31, copy), membersUpTo(31, set)]).toEqual([[1, 9, 30, 31], [1, 30, 31]]);
  });

  it("from its bits and its rest has the same events", () => {
    const set = setOf(1, 9);
    set.addFrom(30);
    expect(membersUpTo(40, new EventSet(set.bits, set.rest))).toEqual(membersUpTo(40, set));
  });
});
