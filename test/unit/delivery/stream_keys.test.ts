// The key orders of one tag: one for each stream, dropped when unused.
import { describe, expect, it } from "vitest";
import type { KeyOrder } from "../../../src/delivery/key_order.js";
import { StreamKeys } from "../../../src/delivery/stream_keys.js";

/** Takes all slots, for a chunk without a mapping. */
const takeAll = (order: KeyOrder) => order.take([], undefined);

describe("the key orders of a tag", () => {
  it("are separate for each stream, so that keys of one stream do not wait for another stream", () => {
    const orders = new StreamKeys();
    const held = takeAll(orders.of("one"));
    expect(takeAll(orders.of("one")).canStart([])).toBe(false);
    expect(takeAll(orders.of("other")).canStart([])).toBe(true);
    expect(takeAll(orders.of(undefined)).canStart([])).toBe(true);
    held.end();
  });

  it("are kept while they are held, with any number of other streams", () => {
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

  it("are dropped when no chunk holds them: at most 64 are left of 10,000 streams", () => {
    const orders = new StreamKeys();
    for (let stream = 0; stream < 10_000; stream++) {
      takeAll(orders.of(`stream ${stream}`)).end();
      expect(orders.size).toBeLessThanOrEqual(64);
    }
  });

  it("are unlimited in number while they are all held, and dropped afterwards", () => {
    const orders = new StreamKeys();
    const holds = Array.from({ length: 500 }, (_, stream) => takeAll(orders.of(`stream ${stream}`)));
    expect(orders.size).toBe(500);
    for (const hold of holds) hold.end();
    for (let stream = 0; stream < 1000; stream++) takeAll(orders.of(`later ${stream}`)).end();
    expect(orders.size).toBeLessThanOrEqual(64);
  });
});

it("a chunk without a mapping waits for the one before it, and a hold that ends twice counts once", async () => {
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
