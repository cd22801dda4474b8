// Sinks that are used again: whose memory they have, and how much of it is kept.
import { describe, expect, it } from "vitest";
import { SinkPool } from "../../../src/record/sink_pool.js";

const kib = 1024;

describe("the pool", () => {
  it("gives a sink again that came back, emptied", () => {
    const pool = new SinkPool(1024 * kib);
    const sink = pool.take(100 * kib);
    sink.append(Uint8Array.of(1, 2, 3));
    pool.give(sink);
    expect(pool.take(10)).toBe(sink);
    expect(sink.length).toBe(0);
    expect(sink.bytes.length).toBe(100 * kib);
  });

  it("gives no sink to two", () => {
    const pool = new SinkPool(1024 * kib);
    const [first, second] = [pool.take(kib), pool.take(kib)];
    expect(first).not.toBe(second);
    pool.give(first);
    pool.give(second);
    expect(new Set([pool.take(kib), pool.take(kib), pool.take(kib)]).size).toBe(3);
  });

  it("counts a sink only while it keeps it", () => {
    const pool = new SinkPool(250 * kib);
    const sink = pool.take(100 * kib);
    for (let times = 0; times < 10; times++) {
      pool.give(sink);
      expect(pool.take(kib)).toBe(sink);
    }
  });

  it("makes room in a sink that is too small", () => {
    const pool = new SinkPool(1024 * kib);
    const sink = pool.take(100 * kib);
    pool.give(sink);
    expect(pool.take(300 * kib)).toBe(sink);
    expect(sink.bytes.length).toBeGreaterThanOrEqual(300 * kib);
  });

  it.each([[199, 1], [200, 2], [201, 2]])("keeps no more than its limit: of two sinks of 100 KiB with %i KiB, %i", (limitKib, kept) => {
    const pool = new SinkPool(limitKib * kib);
    const sinks = [pool.take(100 * kib), pool.take(100 * kib)];
    for (const sink of sinks) pool.give(sink);
    const again = [pool.take(kib), pool.take(kib)];
    expect(again.filter((sink) => sinks.includes(sink))).toHaveLength(kept);
  });
});
