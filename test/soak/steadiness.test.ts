// Tests the soak test's measure of steadiness: the last quarter of the samples compared with the second.
import { expect, it } from "vitest";
import { sampleOf, steadinessOf, type Sample } from "./steadiness.js";

const samples = (quarters: readonly (readonly [rssMib: number, threads: number, descriptors: number])[]): Sample[] =>
  quarters.flatMap(([rssMib, threads, descriptors]) => Array.from({ length: 5 }, () => ({ rssKib: rssMib * 1024, threads, descriptors })));

it("steadiness ignores the warm-up, and sees growth after it", () => {
  const grown = steadinessOf(samples([[10, 1, 1], [100, 12, 40], [140, 12, 50], [150, 13, 60]]));
  expect(grown).toEqual({
    rssMibAfterWarmUp: 100,
    rssMibAtEnd: 150,
    rssRatio: 1.5,
    rssMibHighest: 150,
    threads: [12, 13],
    descriptors: [40, 60],
  });
});

it("steadiness rejects too few samples", () => {
  expect(() => steadinessOf(samples([[1, 1, 1]]).slice(0, 3))).toThrow("3 samples are too few");
});

it("the sampler reads a running process", () => {
  const sample = sampleOf(process.pid);
  expect(Math.min(sample.rssKib, sample.threads, sample.descriptors)).toBeGreaterThan(0);
});
