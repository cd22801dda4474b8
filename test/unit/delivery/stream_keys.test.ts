// The orders of keys of one tag: one for each stream, and only as many as are in use.
import { describe, expect, it } from "vitest";
import { StreamKeys } from "../../../src/delivery/stream_keys.js";

describe("the orders of a tag", () => {
  it("are one for each stream, so that a key of one stream waits for no other stream's", () => {
    const orders = new StreamKeys();
    const held = orders.of("one").takeWhole();
    expect(orders.of("one").takeWhole().before).toBeDefined();
    expect(orders.of("other").takeWhole().before).toBeUndefined();
    expect(orders.of(undefined).takeWhole().before).toBeUndefined();
    held.release();
  });

  it("stay as long as they are held, however many streams come", () => {
    const orders = new StreamKeys();
    const order = orders.of("held");
    const hold = order.takeWhole();
    for (let stream = 0; stream < 1000; stream++) orders.of(`stream ${stream}`);
    expect(orders.of("held")).toBe(order);
    hold.release();
    expect(order.isFree).toBe(true);
    for (let stream = 0; stream < 1000; stream++) orders.of(`later ${stream}`);
    expect(orders.of("held")).not.toBe(order);
  });

  it("are dropped when nobody holds them: after 10,000 streams 64 are left at most", () => {
    const orders = new StreamKeys();
    for (let stream = 0; stream < 10_000; stream++) {
      orders.of(`stream ${stream}`).takeWhole().release();
      expect(orders.size).toBeLessThanOrEqual(64);
    }
  });

  it("that are all held may be any number, and are dropped after that", () => {
    const orders = new StreamKeys();
    const holds = Array.from({ length: 500 }, (_, stream) => orders.of(`stream ${stream}`).takeWhole());
    expect(orders.size).toBe(500);
    for (const { release } of holds) release();
    for (let stream = 0; stream < 1000; stream++) orders.of(`later ${stream}`).takeWhole().release();
    expect(orders.size).toBeLessThanOrEqual(64);
  });
});

it("a chunk as a whole waits for the one before it, and a hold that is released twice counts once", async () => {
  const order = new StreamKeys().of("stream");
  const first = order.takeWhole();
  const second = order.takeWhole();
  let isNext = false;
  void second.before?.then(() => (isNext = true));
  await Promise.resolve();
  expect(isNext).toBe(false);
  first.release();
  first.release();
  await second.before;
  expect(isNext).toBe(true);
  expect(order.isFree).toBe(false);
  second.release();
  await second.before;
  await Promise.resolve();
  expect(order.isFree).toBe(true);
});
