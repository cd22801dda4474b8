// The limit of a throttled shard: its quota at first, less while it throttles further, and none when it no longer throttles.
import { describe, expect, it } from "vitest";
import { ShardLimits } from "../../../src/delivery/shard_limits.js";
import { JumpingClock } from "../../support/fake_clock.js";

const shard = "shard 0";

function throttling() {
  const clock = new JumpingClock();
  const limits = new ShardLimits(clock.now);
  /** Returns how many entries of this size are admitted now. */
  const admitted = (sizeBytes = 100) => {
    let count = 0;
    while (count < 10_000 && limits.admits(shard, sizeBytes)) count++;
    return count;
  };
  return { clock, limits, admitted };
}

describe("a shard", () => {
  it("that never throttled has no limit", () => {
    const { limits, admitted } = throttling();
    expect([limits.isLimiting, admitted(), limits.waitMs(shard)]).toEqual([false, 10_000, 0]);
  });

  it("that throttles gets nothing until it accepts enough for a request, and its quota then", () => {
    const { clock, limits, admitted } = throttling();
    limits.throttled(shard);
    expect([limits.isLimiting, admitted()]).toEqual([true, 0]);
    expect(limits.waitMs(shard)).toBeCloseTo(100, 5);
    clock.nowMs += limits.waitMs(shard);
    expect(Math.abs(admitted() - 100)).toBeLessThanOrEqual(1);
  });

  it("is limited by bytes too: an entry of 1 MiB counts for a second", () => {
    const { clock, limits } = throttling();
    limits.throttled(shard);
    clock.nowMs += 100;
    expect(limits.admits(shard, 1024 * 1024)).toBe(true);
    expect(limits.admits(shard, 1)).toBe(false);
    expect(limits.waitMs(shard)).toBeGreaterThan(900);
    expect(limits.waitMs(shard)).toBeLessThan(1000);
  });

  it("saves up at most half a second's quota", () => {
    const { clock, limits, admitted } = throttling();
    limits.throttled(shard);
    clock.nowMs += 2000;
    expect(admitted()).toBeLessThan(520);
  });

  it.each([
    [999, 1],
    [1000, 0.7],
    [1001, 0.7],
  ])("that throttles again after %i ms gets %d times its quota", (afterMs, share) => {
    const { clock, limits, admitted } = throttling();
    limits.throttled(shard);
    clock.nowMs += afterMs;
    limits.throttled(shard);
    expect(admitted()).toBe(0);
    clock.nowMs += 100;
    // The rate has risen in the meantime.
    const given = admitted() / 100;
    expect(given).toBeGreaterThan(share);
    expect(given).toBeLessThan(share * 1.2 + 0.05);
  });

  it("that throttles each second comes down to about a quarter of its quota, and no lower", () => {
    const { clock, limits, admitted } = throttling();
    for (let second = 0; second < 60; second++) {
      limits.throttled(shard);
      clock.nowMs += 1000;
    }
    limits.throttled(shard);
    clock.nowMs += 100;
    const count = admitted();
    expect(count).toBeGreaterThan(12);
    expect(count).toBeLessThan(30);
  });

  it.each([
    [4999, true],
    [5000, false],
    [5001, false],
  ])("has a limit %i ms after it throttled last: %s", (afterMs, isLimited) => {
    const { clock, limits, admitted } = throttling();
    limits.throttled(shard);
    clock.nowMs += afterMs;
    expect(limits.isLimiting).toBe(isLimited);
    expect(admitted() < 10_000).toBe(isLimited);
  });

  it("that throttles does not limit other shards", () => {
    const { limits } = throttling();
    limits.throttled(shard);
    expect([limits.admits("shard 1", 100), limits.waitMs("shard 1")]).toEqual([true, 0]);
  });
});
