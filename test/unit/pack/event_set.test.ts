// Sets of events at the borders of their bytes, from plain and from aggregated entries.
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
  it.each([0, 1, 6, 7, 8, 9, 15, 16, 17, 63, 64])("of event %i alone has that one and no other", (event) => {
    expect(membersUpTo(200, setOf(event))).toEqual([event]);
  });

  it.each([
    [7, 1],
    [8, 2],
    [9, 2],
    [15, 2],
    [16, 3],
    [79_999, 10_000],
  ])("up to event %i takes %i bytes", (event, bytes) => expect(setOf(0, event).bytes).toBe(bytes));

  it("of no entries has nothing and takes no memory", () => {
    expect(membersUpTo(20, setOf())).toEqual([]);
    expect(setOf().bytes).toBe(0);
  });

  it("has all events of aggregated entries", () => {
    expect(membersUpTo(40, setOf([0, 7, 8], 3, [9, 31, 30], [16]))).toEqual([0, 3, 7, 8, 9, 16, 30, 31]);
  });

  it("may be given events in any order, and more than once", () => {
    expect(membersUpTo(40, setOf(17, [9, 2, 2], 17))).toEqual([2, 9, 17]);
  });

  it("does not have what lies behind its last byte", () => {
    const set = setOf(7);
    for (const event of [8, 15, 16, 1000, 2 ** 31]) expect(set.has(event)).toBe(false);
  });
});

describe("all events from one on", () => {
  it.each([0, 1, 7, 8, 9, 100])("are those from %i, beside the others, and take no memory", (first) => {
    const set = setOf(0);
    const { bytes } = set;
    set.addFrom(first);
    expect(membersUpTo(first + 20, set)).toEqual([...(first > 0 ? [0] : []), ...Array.from({ length: 21 }, (_, n) => first + n)]);
    expect([set.rest, set.bytes]).toEqual([first, bytes]);
  });

  it("begin at the first of several, and nowhere when none was added", () => {
    const set = setOf(3);
    expect(set.rest).toBe(Infinity);
    for (const first of [9, 5, 7]) set.addFrom(first);
    expect(membersUpTo(8, set)).toEqual([3, 5, 6, 7, 8]);
  });

  it("stay while more entries are added in several steps", () => {
    const set = setOf(17);
    set.addFrom(40);
    set.add(...tableOf([entryOf("key", 10, [1, 30])]));
    expect(membersUpTo(41, set)).toEqual([1, 17, 30, 40, 41]);
  });
});

describe("events that are removed", () => {
  it.each([0, 7, 8, 15, 16])("are gone, %i alone of its neighbours", (event) => {
    const all = Array.from({ length: 24 }, (_, n) => n);
    const set = setOf(...all);
    set.remove(...tableOf([entryOf("key", 10, event)]));
    expect(membersUpTo(30, set)).toEqual(all.filter((one) => one !== event));
  });

  it("may be those of aggregates, ones that are not in it, and ones behind its last byte", () => {
    const set = setOf(1, 2, 3);
    set.remove(...tableOf([entryOf("key", 10, [1, 3, 5]), entryOf("key", 10, 1000)]));
    expect([membersUpTo(20, set), set.bytes]).toEqual([[2], 1]);
  });
});

describe("all events from one on that are in another set", () => {
  it.each([
    [0, [2, 7, 8, 9, 20, 21, 22]],
    [3, [7, 8, 9, 20, 21, 22]],
    [7, [7, 8, 9, 20, 21, 22]],
    [8, [8, 9, 20, 21, 22]],
    [10, [20, 21, 22]],
    [21, [21, 22]],
  ])("are those from %i on: %j", (from, members) => {
    const wanted = setOf(2, 7, 8, 9);
    wanted.addFrom(20);
    const set = new EventSet();
    set.addFrom(from, wanted);
    expect(membersUpTo(22, set)).toEqual(members);
    const other = setOf(0);
    other.addFrom(from, wanted);
    expect(membersUpTo(22, other)).toEqual([...new Set([0, ...members])]);
  });

  it("are none when that has none there", () => {
    const set = setOf(40);
    set.addFrom(5, setOf(1, 4));
    expect(membersUpTo(60, set)).toEqual([40]);
  });
});

describe("a copy", () => {
  it("has the same events, and is changed alone", () => {
    const set = setOf(1, 9);
    set.addFrom(30);
    const copy = set.copy();
    set.remove(...tableOf([entryOf("key", 10, 9)]));
    expect([membersUpTo(31, copy), membersUpTo(31, set)]).toEqual([[1, 9, 30, 31], [1, 30, 31]]);
  });

  it("by its bits and its rest is equal", () => {
    const set = setOf(1, 9);
    set.addFrom(30);
    expect(membersUpTo(40, new EventSet(set.bits, set.rest))).toEqual(membersUpTo(40, set));
  });
});
