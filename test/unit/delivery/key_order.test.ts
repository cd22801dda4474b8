// Which lanes of chunks side by side wait for which: those with a slot in common, in the order of the chunks.
import { describe, expect, it } from "vitest";
import { KeyOrder, type SlotHolds } from "../../../src/delivery/key_order.js";
import { allSlots, noLane } from "../../../src/delivery/key_slots.js";
import { settled } from "../../support/fake_clock.js";

interface TakenChunk {
  readonly holds: SlotHolds;
  /** The lane of this name is through, but for these keys. */
  readonly finish: (name: string, left?: Readonly<Record<number, readonly string[]>>) => void;
}

/** Takes lanes of these slots; notes a lane's name as soon as it may start. */
function taking() {
  const order = new KeyOrder();
  const free: string[] = [];
  const take = (lanes: Readonly<Record<string, readonly number[]>>, mapping: string | null = "mapping"): TakenChunk => {
    const holds = order.take(Object.values(lanes).map((slots) => ({ batches: [], slots })), mapping ?? undefined);
    for (const [name, slots] of Object.entries(lanes)) void Promise.resolve(holds.untilStart(slots)).then(() => free.push(name));
    const finish: TakenChunk["finish"] = (name, left = {}) => {
      holds.keep(lanes[name] ?? [], new Map(Object.entries(left).map(([slot, keys]) => [Number(slot), new Set(keys)])));
    };
    return { holds, finish };
  };
  return { order, free, take };
}

describe("KeyOrder", () => {
  it("lets the lanes of the first chunk go at once", () => {
    const holds = new KeyOrder().take([{ batches: [], slots: [1, 2] }, { batches: [], slots: [3] }], "mapping");
    expect([holds.untilStart([1, 2]), holds.untilStart([3])]).toEqual([undefined, undefined]);
  });

  it("lets a lane wait for all earlier lanes that hold one of its slots, and for no other", async () => {
    const { free, take } = taking();
    const { finish } = take({ a: [1, 2], b: [3] });
    take({ c: [2, 3], d: [4], e: [1] });
    await settled();
    expect(free).toEqual(["a", "b", "d"]);
    finish("a");
    await settled();
    expect(free).toEqual(["a", "b", "d", "e"]);
    finish("b");
    await settled();
    expect(free).toEqual(["a", "b", "d", "e", "c"]);
  });

  it("lets a lane go at once when the lanes before it are through", () => {
    const { take } = taking();
    const first = take({ a: [1], b: [2] });
    first.finish("a");
    first.finish("b");
    expect(take({ c: [1, 2] }).holds.canStart([1, 2])).toBe(true);
  });

  it("lets no lane overtake the first one when the chunk between them ends early", async () => {
    const { free, take } = taking();
    const first = take({ first: [1] });
    take({ between: [1] }).holds.end();
    take({ last: [1] });
    await settled();
    expect(free).toEqual(["first"]);
    first.holds.end();
    await settled();
    expect(free).toEqual(["first", "last"]);
  });

  it("ignores a second end of a chunk while a later one holds its slots", async () => {
    const { order, free, take } = taking();
    const first = take({ a: [1] });
    first.holds.end();
    const second = take({ b: [1] });
    first.holds.end();
    take({ c: [1] });
    await settled();
    expect(free).toEqual(["a", "b"]);
    expect(order.isFree).toBe(false);
    second.holds.end();
    await settled();
    expect(free).toEqual(["a", "b", "c"]);
  });

  it("lets a later chunk send the other keys of a slot of which some keys are left, and these when they are through", async () => {
    const { free, take } = taking();
    const first = take({ a: [1, 2] });
    const second = take({ b: [1, 2] });
    await settled();
    expect(free).toEqual(["a"]);
    first.finish("a", { 1: ["hot"] });
    await settled();
    expect(free).toEqual(["a", "b"]);
    expect([second.holds.isNext(1), second.holds.isNext(2)]).toEqual([false, true]);
    expect([second.holds.isBehind(1, "hot"), second.holds.isBehind(1, "cold"), second.holds.isBehind(2, "hot")]).toEqual([true, false, false]);
    let isNext = false;
    void second.holds.untilNext([1])?.then(() => (isNext = true));
    await settled();
    expect(isNext).toBe(false);
    first.finish("a");
    await settled();
    expect([isNext, second.holds.isBehind(1, "hot")]).toEqual([true, false]);
  });

  it("lets a third chunk wait for the keys that either of two chunks before it has left", async () => {
    const { free, take } = taking();
    const first = take({ a: [1] });
    const second = take({ b: [1] });
    const third = take({ c: [1] });
    first.finish("a", { 1: ["x"] });
    await settled();
    expect(free, "the second may still send any key").toEqual(["a", "b"]);
    second.finish("b", { 1: ["y"] });
    await settled();
    expect(free).toEqual(["a", "b", "c"]);
    expect(["x", "y", "z"].map((key) => third.holds.isBehind(1, key))).toEqual([true, true, false]);
    first.holds.end();
    expect(["x", "y", "z"].map((key) => third.holds.isBehind(1, key))).toEqual([false, true, false]);
  });

  it("lets a chunk whose keys have their slots by another mapping follow as a whole, and then hold its own slots alone", async () => {
    const { free, take } = taking();
    const first = take({ a: [1], b: [2] }, "old");
    const second = take({ c: [3] }, "new");
    take({ d: [4] }, "new");
    await settled();
    expect(free).toEqual(["a", "b"]);
    first.finish("a");
    await settled();
    expect(free).toEqual(["a", "b"]);
    first.holds.end();
    await settled();
    expect(free).toEqual(["a", "b", "c", "d"]);
    expect(second.holds.isNext(3)).toBe(true);
  });

  it("does not wait when the mapping changes while nothing is held", () => {
    const { take } = taking();
    take({ a: [1] }, "old").holds.end();
    const holds = take({ b: [1], c: [2] }, "new").holds;
    expect([holds.canStart([1]), holds.canStart([2])]).toEqual([true, true]);
  });

  it("lets chunks without a mapping go one at a time", async () => {
    const { free, take } = taking();
    const first = take({ a: [] }, null);
    const second = take({ b: [] }, null);
    take({ c: [] }, null);
    await settled();
    expect(free).toEqual(["a"]);
    first.holds.end();
    await settled();
    expect(free).toEqual(["a", "b"]);
    expect(allSlots.every((slot) => second.holds.isNext(slot))).toBe(true);
    second.holds.end();
    await settled();
    expect(free).toEqual(["a", "b", "c"]);
  });

  it("remembers the lanes of slots while their number stays the same, also of slots that a chunk lacks", () => {
    const { order, take } = taking();
    expect(order.lastLanes).toBeUndefined();
    take({ a: [7], b: [8] });
    take({ a: [7], b: [9] });
    expect(order.lastLanes?.lanes).toBe(2);
    expect([...[7, 8, 9, 10].map((slot) => order.lastLanes?.ofSlots[slot])]).toEqual([0, 1, 1, noLane]);
    take({ a: [8] });
    expect([...[7, 8, 9, 10].map((slot) => order.lastLanes?.ofSlots[slot])]).toEqual([noLane, 0, noLane, noLane]);
  });
});
