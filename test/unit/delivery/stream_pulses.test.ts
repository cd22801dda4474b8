// Judging the service by several streams: one failing stream says nothing about the others.
import { describe, expect, it } from "vitest";
import { ServicePulse, type RequestVerdict } from "../../../src/delivery/service_pulse.js";
import { StreamPulses } from "../../../src/delivery/stream_pulses.js";
import { JumpingClock } from "../../support/fake_clock.js";

function setUp(count: number) {
  const clock = new JumpingClock();
  const pulses = Array.from({ length: count }, () => new ServicePulse(clock.now));
  const all = new StreamPulses(() => pulses);
  const exchange = (stream: number, verdict: RequestVerdict) => {
    const pulse = pulses[stream] as ServicePulse;
    pulse.ended(pulse.started(), verdict);
  };
  return { clock, pulses, all, exchange };
}

describe("an output of one stream", () => {
  it.each<RequestVerdict>(["taken", "not taken", "hopeless"])("is judged like its pulse, after a request that was %s", (verdict) => {
    const { clock, pulses, all, exchange } = setUp(1);
    const [pulse] = pulses as [ServicePulse];
    exchange(0, verdict);
    pulse.started();
    for (const passedMs of [0, 1500, 2500, 9000, 2000]) {
      clock.nowMs += passedMs;
      expect(all.isHanging).toBe(pulse.isHanging);
      expect(all.isFruitless).toBe(pulse.isFruitless);
      expect(all.isHopeless(pulse)).toBe(pulse.isHopeless);
    }
  });
});

describe("an output of several streams", () => {
  it("hangs when one stream hangs and no other accepts records or waits within its patience", () => {
    const { clock, pulses, all } = setUp(2);
    pulses[0]?.started();
    clock.nowMs += 10_001;
    expect(all.isHanging).toBe(true);
    const request = pulses[1]?.started() ?? 0;
    expect(all.isHanging, "the other stream has waited for 0 s").toBe(false);
    clock.nowMs += 1000;
    pulses[1]?.ended(request, "taken");
    expect(all.isHanging, "the other stream has just accepted records").toBe(false);
    clock.nowMs += 30_000;
    expect(all.isHanging).toBe(true);
  });

  it("is fruitless when each stream is, and not while one was not tried since it accepted records", () => {
    const { clock, all, exchange } = setUp(2);
    exchange(0, "hopeless");
    expect(all.isFruitless, "the other stream was never tried").toBe(false);
    exchange(1, "taken");
    clock.nowMs += 60_000;
    expect(all.isFruitless).toBe(false);
    exchange(1, "hopeless");
    expect(all.isFruitless).toBe(true);
  });

  it("is not fruitless without any stream", () => {
    expect(setUp(0).all.isFruitless).toBe(false);
    expect(setUp(0).all.isHanging).toBe(false);
  });

  it("is hopeless for a hopeless stream unless another stream accepts records", () => {
    const { clock, pulses, all, exchange } = setUp(2);
    const [missing, healthy] = pulses as [ServicePulse, ServicePulse];
    exchange(0, "hopeless");
    expect(all.isHopeless(missing)).toBe(true);
    exchange(1, "taken");
    expect(all.isHopeless(missing)).toBe(false);
    expect(all.isHopeless(healthy)).toBe(false);
    clock.nowMs += 60_000;
    expect(all.isHopeless(missing)).toBe(true);
  });
});
