// Tests the service's clock: from which responses it is learned, and when it explains a refusal.
import { describe, expect, it } from "vitest";
import { ServiceClock } from "../../../src/kinesis/service_clock.js";

const nowMs = Date.parse("2026-01-02T03:04:05Z");
const at = (aheadMs: number) => new Date(nowMs + aheadMs).toUTCString();

function offsetAfter(headers: Record<string, string>, exchangeMs = 20): number {
  const clock = new ServiceClock();
  clock.learn(headers, nowMs - exchangeMs, nowMs);
  return clock.offsetMs;
}

describe("ServiceClock", () => {
  it.each([
    [{ date: at(60_000) }, 60_000],
    [{ date: at(-3_600_000) }, -3_600_000],
    [{}, 0],
    [{ date: "yesterday" }, 0],
    [{ date: at(60_000), age: "0" }, 0],
  ])("after a response with the headers %j is ahead by %i ms", (headers, expected) => {
    expect(offsetAfter(headers)).toBe(expected);
  });

  it.each([
    [900_000, 60_000],
    [900_001, 0],
  ])("after a response that took %i ms is ahead by %i ms", (exchangeMs, expected) => {
    expect(offsetAfter({ date: at(60_000) }, exchangeMs)).toBe(expected);
  });

  it.each([
    [239_000, 0, false],
    [240_000, 0, true],
    [-240_000, 0, true],
    [300_000, 300_000, false],
    [300_000, 299_000, true],
  ])("that is ahead by %i ms explains the refusal of a signature with the offset %i ms: %s", (aheadMs, signedAt, expected) => {
    const clock = new ServiceClock();
    clock.learn({ date: at(aheadMs) }, nowMs, nowMs);
    expect(clock.hasCorrected(signedAt)).toBe(expected);
  });
});
