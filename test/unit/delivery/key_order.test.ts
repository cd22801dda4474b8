// Which lanes of concurrent chunks wait for each other: lanes that share a slot, in the order of the chunks.
import { describe, expect, it } from "vitest";
import { KeyOrder, type SlotHolds } from "../../../src/delivery/key_order.js";
import { allSlots, noLane } from "../../../src/delivery/key_slots.js";
import { settled } from "../../support/fake_clock.js";

interface TakenChunk {
  readonly holds: SlotHolds;
  /** Finishes the lane of this name, except for these keys. */
  readonly finish: (name: string, left?: Readonly<Record<number, readonly string[]>>) => void;
}

/** Takes lanes of these slots; records a lane's name as soon as it may start. */
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
  it("starts the lanes of the first chunk immediately", () => {
    const holds = new KeyOrder().take([{ batches: [], slots: [1, 2] }, { batches: [], slots: [3] }], "mapping");
    expect([holds.untilStart([1, 2]), holds.untilStart([3])]).toEqual([undefined, undefined]);
  });

  it("makes a lane wait for all earlier lanes that hold one of its slots, and for no other", async () => {
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

  it("starts a lane immediately when the lanes before it are done", () => {
    const { take } = taking();
    const first = take({ a: [1], b: [2] });
    first.finish("a");
    first.finish("b");
    expect(take({ c: [1, 2] }).holds.canStart([1, 2])).toBe(true);
  });

  it("does not let a lane overtake the first one when the chunk between them ends early", async () => {
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

  it("lets a later chunk send the other keys of a slot immediately, and its unfinished keys when they are done", async () => {
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

  it("makes a third chunk wait for the unfinished keys of both chunks before it", async () => {
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

  it("makes a chunk with another mapping wait for all earlier chunks, and then hold only its own slots", async () => {
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

  it("does not make a chunk with another mapping wait while no slot is held", () => {
    const { take } = taking();
    take({ a: [1] }, "old").holds.end();
    const holds = take({ b: [1], c: [2] }, "new").holds;
    expect([holds.canStart([1]), holds.canStart([2])]).toEqual([true, true]);
  });

  it("runs chunks without a mapping one at a time", async () => {
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

  it("remembers the lanes of slots while the number of lanes stays the same, even for slots that a chunk lacks", () => {
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
