// SEND_FAILURE_TIMEOUT: when it starts, what resets it, and when it expires.
import { beforeEach, describe, expect, it } from "vitest";
import { FailureTimeout } from "../../../src/delivery/failure_timeout.js";
import { JumpingClock } from "../../support/fake_clock.js";

describe("the failure timeout", () => {
  let clock = new JumpingClock();
  let expired: number[] = [];
  const timeoutOf = (timeoutMs: number | undefined) =>
    new FailureTimeout(timeoutMs, clock.now, (limit) => void expired.push(limit));

  beforeEach(() => {
    clock = new JumpingClock();
    expired = [];
  });

  it.each([
    [999, []],
    [1000, [1000]],
    [1001, [1000]],
  ])("of 1000 ms, with a second failure %i ms after the first, calls back with %j", (afterMs, expected) => {
    const timeout = timeoutOf(1000);
    clock.nowMs += 5000;
    timeout.failed();
    clock.nowMs += afterMs;
    timeout.failed();
    expect(expired).toEqual(expected);
  });

  it("starts again after progress", () => {
    const timeout = timeoutOf(1000);
    timeout.failed();
    clock.nowMs += 900;
    timeout.progressed();
    clock.nowMs += 900;
    timeout.failed();
    clock.nowMs += 999;
    timeout.failed();
    expect(expired).toEqual([]);
    clock.nowMs += 1;
    timeout.failed();
    expect(expired).toEqual([1000]);
  });

  it("does not expire while there are only successes", () => {
    const timeout = timeoutOf(1000);
    clock.nowMs += 1_000_000;
    timeout.progressed();
    expect(expired).toEqual([]);
  });

  it("never expires without a limit", () => {
    const timeout = timeoutOf(undefined);
    timeout.failed();
    clock.nowMs += 1e12;
    timeout.failed();
    expect(expired).toEqual([]);
  });
});
