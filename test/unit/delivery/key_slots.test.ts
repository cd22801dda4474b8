// Slots of keys, and their assignment to lanes: of even load, and the same as before where possible.
import { describe, expect, it } from "vitest";
import { assignSlots, lightest, noLane, slotCount, slotOf } from "../../../src/delivery/key_slots.js";

function loadsOf(loads: Readonly<Record<number, number>>): Float64Array {
  const all = new Float64Array(slotCount);
  for (const [slot, load] of Object.entries(loads)) all[Number(slot)] = load;
  return all;
}

describe("slotOf", () => {
  it.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ])("folds the published FNV-1a hash of %j, %i, to one byte", (key, hash) => {
    expect(slotOf(key)).toBe(Buffer.from(hash.toString(16), "hex").reduce((folded, byte) => folded ^ byte));
  });

  it.each(["schlüssel", "\u{1f511}", "x".repeat(256)])("returns one of 256 slots for %j", (key) => {
    expect(slotOf(key)).toBeGreaterThanOrEqual(0);
    expect(slotOf(key)).toBeLessThan(slotCount);
  });

  it.each([
    ["numbers in order", (index: number) => `key-${index}`],
    ["names of pods", (index: number) => `payments-${(index * 7919).toString(36)}-${index % 10}`],
    ["numbers in hexadecimal at the front", (index: number) => `${index.toString(16).padStart(8, "0")}-of-all`],
  ])("spreads keys evenly: %s", (_, keyOf) => {
    const counts = new Array<number>(slotCount).fill(0);
    for (let index = 0; index < 64 * slotCount; index++) counts[slotOf(keyOf(index))] = (counts[slotOf(keyOf(index))] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(25);
    expect(Math.max(...counts)).toBeLessThan(110);
  });
});

describe("assignSlots", () => {
  it("puts the largest slot first, each into the lightest lane", () => {
    const { ofSlots, laneLoads } = assignSlots(loadsOf({ 1: 0.5, 2: 0.9, 3: 0.4, 4: 0.2 }), 2, undefined);
    expect([1, 2, 3, 4].map((slot) => ofSlots[slot])).toEqual([1, 0, 1, 0]);
    expect([...laneLoads].map((load) => load.toFixed(1))).toEqual(["1.1", "0.9"]);
    expect(ofSlots.filter((lane) => lane !== noLane)).toHaveLength(4);
  });

  it("keeps the lanes of the previous chunk, even for slots without entries, and puts new slots into the lightest lane", () => {
    const last = assignSlots(loadsOf({ 1: 0.5, 2: 0.4, 9: 0.1 }), 2, undefined);
    const { ofSlots } = assignSlots(loadsOf({ 1: 0.2, 2: 0.6, 3: 0.1 }), 2, last);
    expect([1, 2, 9, 3].map((slot) => ofSlots[slot])).toEqual([0, 1, 1, 0]);
  });

  it.each([
    [0.4, [0, 0, 0]],
    [0.6, [0, 0, 0]],
    [1, [0, 1, 2]],
  ])("keeps three slots of %f requests in one lane unless that costs two requests more: %j", (load, expected) => {
    const last = { lanes: 3, ofSlots: new Uint8Array(slotCount).fill(noLane) };
    for (const slot of [1, 2, 3]) last.ofSlots[slot] = 0;
    const { ofSlots } = assignSlots(loadsOf({ 1: load, 2: load, 3: load }), 3, last);
    expect([1, 2, 3].map((slot) => ofSlots[slot])).toEqual(expected);
  });

  it("does not keep the lanes when their number changes", () => {
    const last = assignSlots(loadsOf({ 1: 1, 2: 1, 3: 1 }), 3, undefined);
    expect([...assignSlots(loadsOf({ 1: 1, 2: 1, 3: 1 }), 2, last).laneLoads]).toEqual([2, 1]);
  });

  it("chooses the lightest lane, the first among equals", () => {
    expect(lightest(Float64Array.of(3, 1, 2, 1))).toBe(1);
  });
});
