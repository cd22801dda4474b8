// Which lanes of chunks side by side wait for which: those with a slot in common, in the order of the chunks.
import { describe, expect, it } from "vitest";
import { KeyOrder, type Hold } from "../../../src/delivery/key_order.js";
import { noLane } from "../../../src/delivery/key_slots.js";
import { settled } from "../../support/fake_clock.js";

/** Takes lanes of these slots; notes a lane's name as soon as no earlier lane holds one of its slots. */
function taking() {
  const order = new KeyOrder();
  const free: string[] = [];
  const take = (lanes: Readonly<Record<string, readonly number[]>>): readonly Hold[] => {
    const names = Object.keys(lanes);
    const holds = order.take(Object.values(lanes).map((slots) => ({ batches: [], slots })));
    for (const [index, { before }] of holds.entries()) void (before ?? Promise.resolve()).then(() => free.push(names[index] as string));
    return holds;
  };
  return { order, free, take };
}

describe("KeyOrder", () => {
  it("lets the lanes of the first chunk go at once", () => {
    const { take } = taking();
    for (const { before } of take({ a: [1, 2], b: [3] })) expect(before).toBeUndefined();
  });

  it("lets a lane wait for all earlier lanes that hold one of its slots, and for no other", async () => {
    const { free, take } = taking();
    const [a, b] = take({ a: [1, 2], b: [3] });
    take({ c: [2, 3], d: [4], e: [1] });
    await settled();
    expect(free).toEqual(["a", "b", "d"]);
    a?.release();
    await settled();
    expect(free).toEqual(["a", "b", "d", "e"]);
    b?.release();
    await settled();
    expect(free).toEqual(["a", "b", "d", "e", "c"]);
  });

  it("lets a lane go at once when the lanes before it are through", async () => {
    const { take } = taking();
    for (const { release } of take({ a: [1], b: [2] })) release();
    await settled();
    expect(take({ c: [1, 2] })[0]?.before).toBeUndefined();
  });

  it("lets no lane overtake the first one when the lane between them is given up early", async () => {
    const { free, take } = taking();
    const [first] = take({ first: [1] });
    take({ between: [1] })[0]?.release();
    take({ last: [1] });
    await settled();
    expect(free).toEqual(["first"]);
    first?.release();
    await settled();
    expect(free).toEqual(["first", "between", "last"]);
  });

  it("ignores a second release of a lane while a later lane holds its slots", async () => {
    const { free, take } = taking();
    const [a] = take({ a: [1] });
    a?.release();
    const [b] = take({ b: [1] });
    a?.release();
    take({ c: [1] });
    await settled();
    expect(free).toEqual(["a", "b"]);
    b?.release();
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
