// Whether a service still responds, judged by its past requests and the requests under way.
import { describe, expect, it } from "vitest";
import { maxPatienceMs, ServicePulse, type RequestVerdict } from "../../../src/delivery/service_pulse.js";
import { JumpingClock } from "../../support/fake_clock.js";

class Bench {
  readonly clock = new JumpingClock();
  readonly pulse = new ServicePulse(this.clock.now);

  /** Runs a request of this duration. */
  run(durationMs: number, verdict: RequestVerdict): void {
    const request = this.pulse.started();
    this.clock.nowMs += durationMs;
    this.pulse.ended(request, verdict);
  }

  /** Returns whether the service hangs this long from now, if no request ends until then. */
  isHangingAfter(milliseconds: number): boolean {
    const startMs = this.clock.nowMs;
    this.clock.nowMs = startMs + milliseconds;
    const { isHanging } = this.pulse;
    this.clock.nowMs = startMs;
    return isHanging;
  }
}

/** Returns the maximum time for which a request may be under way before the service counts as hanging. */
function patienceOf(bench: Bench): number {
  bench.pulse.started();
  for (const milliseconds of [2000, 4000, 8000, 10_000]) {
    if (!bench.isHangingAfter(milliseconds) && bench.isHangingAfter(milliseconds + 1)) return milliseconds;
  }
  throw new Error("none of the expected times");
}

describe("a fruitless service", () => {
  it("is not detected before the first request", () => {
    const bench = new Bench();
    bench.clock.nowMs += 3_600_000;
    expect(bench.pulse.isFruitless).toBe(false);
  });

  it.each([
    [1999, false],
    [2000, true],
    [2001, true],
  ])("is detected after %i ms of requests with nothing accepted: %j", (durationMs, isFruitless) => {
    const bench = new Bench();
    bench.run(durationMs - 500, "not taken");
    bench.run(500, "not taken");
    expect(bench.pulse.isFruitless).toBe(isFruitless);
  });

  it("is detected immediately after a hopeless request", () => {
    const bench = new Bench();
    bench.run(1, "hopeless");
    expect(bench.pulse.isFruitless).toBe(true);
  });

  it("is detected 2 s after the first request since an accepted one, not by the time without requests", () => {
    const bench = new Bench();
    bench.run(5000, "not taken");
    bench.run(100, "taken");
    expect(bench.pulse.isFruitless).toBe(false);
    bench.clock.nowMs += 60_000;
    expect(bench.pulse.isFruitless).toBe(false);
    bench.run(1999, "not taken");
    expect(bench.pulse.isFruitless).toBe(false);
    bench.run(1, "not taken");
    expect(bench.pulse.isFruitless).toBe(true);
    bench.run(100, "taken");
    expect(bench.pulse.isFruitless).toBe(false);
  });
});

describe("ServicePulse", () => {
  it("does not judge a service without requests as hanging, even after an hour", () => {
    const bench = new Bench();
    expect(bench.isHangingAfter(3_600_000)).toBe(false);
    expect(bench.pulse.isHopeless).toBe(false);
  });

  it("waits 10 s for a service that has not accepted any record yet", () => {
    expect(maxPatienceMs).toBe(10_000);
    expect(patienceOf(new Bench())).toBe(10_000);
  });

  it.each([
    [0, 2000],
    [500, 2000],
    [501, 2004],
    [1000, 4000],
    [1001, 4004],
    [2500, 10_000],
    [2501, 10_000],
    [9000, 10_000],
  ])("waits, after a request that took %i ms, %i ms for the next: four times as long, from 2 s to 10 s", (durationMs, patienceMs) => {
    const bench = new Bench();
    bench.run(durationMs, "taken");
    bench.pulse.started();
    expect(bench.isHangingAfter(patienceMs)).toBe(false);
    expect(bench.isHangingAfter(patienceMs + 1)).toBe(true);
  });

  it("derives its patience from the slowest request, not from the latest", () => {
    const bench = new Bench();
    bench.run(2000, "taken");
    bench.run(10, "taken");
    expect(patienceOf(bench)).toBe(8000);
  });

  it.each<RequestVerdict>(["not taken", "hopeless"])("does not derive its patience from a request that was %s", (verdict) => {
    const bench = new Bench();
    bench.run(1000, "taken");
    bench.run(9000, verdict);
    bench.run(1, "taken");
    expect(patienceOf(bench)).toBe(4000);
  });

  it("judges by the oldest request under way, not by younger ones", () => {
    const bench = new Bench();
    bench.run(10, "taken");
    const oldest = bench.pulse.started();
    bench.clock.nowMs += 1500;
    bench.pulse.started();
    expect(bench.isHangingAfter(501)).toBe(true);
    bench.pulse.ended(oldest, "not taken");
    expect(bench.isHangingAfter(501)).toBe(false);
    expect(bench.isHangingAfter(2001)).toBe(true);
  });

  it("does not judge a service as hanging while no request is under way", () => {
    const bench = new Bench();
    bench.run(10, "taken");
    bench.run(10, "not taken");
    expect(bench.isHangingAfter(3_600_000)).toBe(false);
  });

  it.each([
    [999, false],
    [1000, false],
    [1001, true],
  ])("judges a service as hanging when a request after a hopeless one has been under way for %i ms: %s", (ageMs, isHanging) => {
    const bench = new Bench();
    bench.run(10, "taken");
    bench.run(1000, "hopeless");
    bench.run(10, "not taken");
    expect(bench.pulse.isHopeless).toBe(true);
    bench.pulse.started();
    expect(bench.isHangingAfter(ageMs)).toBe(isHanging);
  });

  it("does not judge a service as hopeless when records were accepted after a hopeless request", () => {
    const bench = new Bench();
    bench.run(1000, "hopeless");
    bench.run(10, "taken");
    bench.pulse.started();
    expect(bench.isHangingAfter(1500)).toBe(false);
    expect(bench.pulse.isHopeless).toBe(false);
  });

  it.each([
    [1999, true],
    [2000, true],
    [2001, false],
  ])("judges a fast service as accepting records %i ms after the last one: %s", (ageMs, isTaking) => {
    const bench = new Bench();
    bench.run(10, "taken");
    bench.clock.nowMs += ageMs;
    expect(bench.pulse.isTaking).toBe(isTaking);
  });

  it("does not judge a service as accepting records when it has accepted none", () => {
    const bench = new Bench();
    bench.run(10, "not taken");
    expect(bench.pulse.isTaking).toBe(false);
  });

  it("does not judge a service as hanging when it responds without accepting records", () => {
    const bench = new Bench();
    for (let count = 0; count < 100; count++) bench.run(500, "not taken");
    expect(bench.pulse.isHanging).toBe(false);
  });
});
