// Sets of events at the borders of their bytes, from plain and from aggregated entries.
import { describe, expect, it } from "vitest";
import { EventSet } from "../../../src/pack/event_set.js";
import { entryOf } from "../../support/scripted_client.js";

function setOf(...events: (number | readonly number[])[]): EventSet {
  const set = new EventSet();
  set.add(events.map((event) => entryOf("key", 10, event)));
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
    set.add([entryOf("key", 10, [1, 30])]);
    expect(membersUpTo(41, set)).toEqual([1, 17, 30, 40, 41]);
  });
});
