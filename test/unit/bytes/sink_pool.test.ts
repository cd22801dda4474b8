// The sink pool: which sink is reused, how much memory is kept, and when it is freed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteSink } from "../../../src/bytes/byte_sink.js";
import { timedPool } from "../../support/sink_pool.js";

const kib = 1024;

describe("the sink pool reuses sinks", () => {
  it("a sink given back is reused, emptied", () => {
    const { pool } = timedPool();
    const sink = pool.take(100 * kib);
    sink.append(Uint8Array.of(1, 2, 3));
    pool.give(sink);
    expect(pool.take(10)).toBe(sink);
    expect(sink.length).toBe(0);
    expect(sink.bytes.length).toBe(100 * kib);
  });

  it("no sink has two users at the same time", () => {
    const { pool } = timedPool();
    const [first, second] = [pool.take(kib), pool.take(kib)];
    expect(first).not.toBe(second);
    pool.give(first);
    pool.give(second);
    expect(new Set([pool.take(kib), pool.take(kib), pool.take(kib)]).size).toBe(3);
  });

  it.each([
    [9, 10],
    [10, 10],
    [11, 20],
    [20, 20],
    [21, 40],
  ])("for %i KiB, the smallest kept sink with enough room is reused, here one of %i KiB", (wantedKib, foundKib) => {
    const { pool } = timedPool();
    for (const sink of [20, 40, 10].map((sizeKib) => pool.take(sizeKib * kib))) pool.give(sink);
    expect(pool.take(wantedKib * kib).capacity).toBe(foundKib * kib);
    expect(pool.keptBytes).toBe((70 - foundKib) * kib);
  });

  it("a new sink is created when no kept one is large enough, and the kept ones stay", () => {
    const { pool, freedBytes } = timedPool();
    const small = pool.take(100 * kib);
    pool.give(small);
    const large = pool.take(100 * kib + 1);
    expect(large).not.toBe(small);
    expect(large.capacity).toBe(100 * kib + 1);
    expect(pool.keptBytes).toBe(100 * kib);
    expect(freedBytes).toEqual([]);
  });

  it("of several kept sinks of one size, the one given back last is reused first", () => {
    const { pool } = timedPool();
    const [first, second] = [pool.take(kib), pool.take(kib)];
    pool.give(first);
    pool.give(second);
    expect(pool.take(kib)).toBe(second);
  });

  it("a sink taken for 0 bytes can be written to", () => {
    const sink = timedPool().pool.take(0);
    sink.append(Uint8Array.of(1));
    expect(sink.bytes[0]).toBe(1);
  });

  it("a sink that has grown is kept with its new size", () => {
    const { pool } = timedPool();
    const sink = pool.take(kib);
    sink.append(new Uint8Array(200 * kib));
    pool.give(sink);
    expect(pool.keptBytes).toBe(sink.capacity);
    expect(pool.take(200 * kib)).toBe(sink);
    expect(pool.keptBytes).toBe(0);
  });
});

describe("the sink pool limits its memory", () => {
  it.each([
    [199, 1],
    [200, 2],
    [201, 2],
  ])("with a limit of %i KiB, the pool keeps the last %i of two sinks of 100 KiB", (limitKib, kept) => {
    const { pool, freedBytes } = timedPool(limitKib * kib);
    const sinks = [pool.take(100 * kib), pool.take(100 * kib)];
    for (const sink of sinks) pool.give(sink);
    expect(pool.keptBytes).toBe(kept * 100 * kib);
    expect(freedBytes).toEqual(kept === 2 ? [] : [100 * kib]);
    expect(pool.take(kib)).toBe(sinks[1]);
  });

  it("a sink above the limit is freed immediately", () => {
    const { pool, freedBytes } = timedPool(100 * kib);
    pool.give(pool.take(100 * kib + 1));
    expect(pool.keptBytes).toBe(0);
    expect(freedBytes).toEqual([100 * kib + 1]);
  });

  it("a sink counts only while the pool keeps it", () => {
    const { pool, freedBytes } = timedPool(150 * kib);
    const sink = pool.take(100 * kib);
    for (let times = 0; times < 10; times++) {
      pool.give(sink);
      expect(pool.take(kib)).toBe(sink);
    }
    expect(freedBytes).toEqual([]);
  });

  it("for any sequence of takes and gives, the kept bytes stay within the limit and no sink has two users", () => {
    const steps = fc.array(fc.record({ isTake: fc.boolean(), bytes: fc.integer({ min: 0, max: 500 }) }), { maxLength: 100 });
    fc.assert(fc.property(steps, fc.integer({ min: 0, max: 1000 }), (plan, limit) => {
      const { pool } = timedPool(limit);
      const taken = new Set<ByteSink>();
      for (const { isTake, bytes } of plan) {
        const [oldest] = taken;
        if (isTake || oldest === undefined) {
          const sink = pool.take(bytes);
          expect(taken.has(sink)).toBe(false);
          expect(sink.capacity).toBeGreaterThanOrEqual(bytes);
          expect(sink.bytes.length).toBe(sink.capacity);
          taken.add(sink);
        } else {
          taken.delete(oldest);
          pool.give(oldest);
        }
        expect(pool.keptBytes).toBeLessThanOrEqual(limit);
        expect(pool.keptBytes).toBeGreaterThanOrEqual(0);
      }
    }));
  });
});

describe("the sink pool frees unused memory", () => {
  it("all kept sinks are freed after a time without use, the oldest first", () => {
    const { pool, freedBytes, timers, rests, endTimer } = timedPool();
    for (const sink of [pool.take(10), pool.take(20)]) pool.give(sink);
    endTimer();
    expect(freedBytes, "the sinks were given back while the timer ran").toEqual([]);
    expect(rests).toEqual([]);
    expect(timers).toEqual([5000]);
    endTimer();
    expect(freedBytes).toEqual([10, 20]);
    expect(rests, "the rest is reported once all is freed").toEqual([0]);
    expect(timers).toEqual([]);
  });

  it("a sink in repeated use is kept, and an unused one is freed", () => {
    const { pool, freedBytes, timers, rests, endTimer } = timedPool();
    pool.give(pool.take(1000));
    for (let sweep = 1; sweep <= 3; sweep++) {
      pool.give(pool.take(sweep === 1 ? 2000 : 1500));
      endTimer();
      expect(freedBytes).toEqual(sweep === 1 ? [] : [1000]);
      expect(timers).toEqual([5000]);
    }
    expect(rests).toEqual([2000]);
  });

  it("a sink in use is not freed, and is kept for the usual time once it is given back", () => {
    const { pool, freedBytes, timers, endTimer } = timedPool();
    const inUse = pool.take(30);
    pool.give(pool.take(10));
    endTimer();
    endTimer();
    expect(freedBytes).toEqual([10]);
    expect(inUse.bytes.length).toBe(30);
    expect(timers).toEqual([]);
    pool.give(inUse);
    expect(timers).toEqual([5000]);
    endTimer();
    expect(freedBytes).toEqual([10]);
    endTimer();
    expect(freedBytes).toEqual([10, 30]);
  });

  it("one timer runs at a time, no matter how often sinks are given back", () => {
    const { pool, timers } = timedPool();
    for (let times = 0; times < 5; times++) pool.give(pool.take(10));
    expect(timers).toEqual([5000]);
  });
});
