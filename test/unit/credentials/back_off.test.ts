// Tests the pauses after failures of a source: growth up to the limit, jitter, and Retry-After.
import { expect, it } from "vitest";
import { BackOff } from "../../../src/credentials/back_off.js";

let steadyMs = 0;

function backOffOf(random: number): BackOff {
  return new BackOff({ now: () => Date.parse("2030-01-01T00:00:00Z"), steadyNow: () => steadyMs, random: () => random });
}

/** Returns the milliseconds until the source may be called again. */
function pauseOf(backOff: BackOff): number {
  const beginMs = steadyMs;
  while (backOff.failure !== undefined) steadyMs += 1;
  return steadyMs - beginMs;
}

it.each([
  [0, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]],
  [0.5, [750, 1500, 3000, 6000, 12_000, 15_000, 15_000]],
  [1, [1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]],
])("with a random number of %d the pauses are %j ms", (random, expected) => {
  const backOff = backOffOf(random);
  const pauses = expected.map(() => {
    backOff.failed(new Error("no"));
    return pauseOf(backOff);
  });
  expect(pauses).toEqual(expected);
});

it("after a success the pauses start again with the shortest", () => {
  const backOff = backOffOf(0.5);
  for (let count = 0; count < 5; count++) backOff.failed(new Error("no"));
  backOff.succeeded();
  expect(backOff.failure).toBeUndefined();
  backOff.failed(new Error("no"));
  expect(pauseOf(backOff)).toBe(750);
});

it.each([
  [{ "retry-after": "60" }, 60_000],
  [{ "retry-after": "Tue, 01 Jan 2030 00:00:40 GMT" }, 40_000],
  [{ "retry-after": "86400" }, 300_000],
  [{ "retry-after": "0" }, 750],
  [{ "retry-after": "soon" }, 750],
])("a failure whose response has %j starts a pause of %i ms", (headers, expectedMs) => {
  const backOff = backOffOf(0.5);
  const error = Object.assign(new Error("no"), { $response: { headers } });
  backOff.failed(error);
  expect(backOff.failure).toEqual({ error });
  expect(pauseOf(backOff)).toBe(expectedMs);
});
