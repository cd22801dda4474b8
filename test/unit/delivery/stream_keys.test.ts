// The orders of keys of one tag: one for each stream, and only as many as are in use.
import { describe, expect, it } from "vitest";
import type { KeyOrder } from "../../../src/delivery/key_order.js";
import { StreamKeys } from "../../../src/delivery/stream_keys.js";

/** Takes the slots of a chunk that has a key in all of them. */
const takeAll = (order: KeyOrder) => order.take([], undefined);

describe("the orders of a tag", () => {
  it("are one for each stream, so that a key of one stream waits for no other stream's", () => {
    const orders = new StreamKeys();
    const held = takeAll(orders.of("one"));
    expect(takeAll(orders.of("one")).canStart([])).toBe(false);
    expect(takeAll(orders.of("other")).canStart([])).toBe(true);
    expect(takeAll(orders.of(undefined)).canStart([])).toBe(true);
    held.end();
  });

  it("stay as long as they are held, however many streams come", () => {
    const orders = new StreamKeys();
    const order = orders.of("held");
    const hold = takeAll(order);
    for (let stream = 0; stream < 1000; stream++) orders.of(`stream ${stream}`);
    expect(orders.of("held")).toBe(order);
    hold.end();
    expect(order.isFree).toBe(true);
    for (let stream = 0; stream < 1000; stream++) orders.of(`later ${stream}`);
    expect(orders.of("held")).not.toBe(order);
  });

  it("are dropped when nobody holds them: after 10,000 streams 64 are left at most", () => {
    const orders = new StreamKeys();
    for (let stream = 0; stream < 10_000; stream++) {
      takeAll(orders.of(`stream ${stream}`)).end();
      expect(orders.size).toBeLessThanOrEqual(64);
    }
  });

  it("that are all held may be any number, and are dropped after that", () => {
    const orders = new StreamKeys();
    const holds = Array.from({ length: 500 }, (_, stream) => takeAll(orders.of(`stream ${stream}`)));
    expect(orders.size).toBe(500);
    for (const hold of holds) hold.end();
    for (let stream = 0; stream < 1000; stream++) takeAll(orders.of(`later ${stream}`)).end();
    expect(orders.size).toBeLessThanOrEqual(64);
  });
});

it("a chunk as a whole waits for the one before it, and a hold that is released twice counts once", async () => {
  const order = new StreamKeys().of("stream");
  const first = takeAll(order);
  const second = takeAll(order);
  let isNext = false;
  const started = second.untilStart([]);
  void started?.then(() => (isNext = true));
  await Promise.resolve();
  expect(isNext).toBe(false);
  first.end();
  first.end();
  await started;
  expect(isNext).toBe(true);
  expect(order.isFree).toBe(false);
  second.end();
  expect(order.isFree).toBe(true);
});
