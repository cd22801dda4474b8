// What the soak test calls steady: the last quarter of the samples beside the second.
import { expect, it } from "vitest";
import { sampleOf, steadinessOf, type Sample } from "./steadiness.js";

const samples = (quarters: readonly (readonly [rssMib: number, threads: number, descriptors: number])[]): Sample[] =>
  quarters.flatMap(([rssMib, threads, descriptors]) => Array.from({ length: 5 }, () => ({ rssKib: rssMib * 1024, threads, descriptors })));

it("ignores the warm-up, and sees growth after it", () => {
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

it("refuses to judge a handful of samples", () => {
  expect(() => steadinessOf(samples([[1, 1, 1]]).slice(0, 3))).toThrow("3 samples are too few");
});

it("samples a process that is there", () => {
  const sample = sampleOf(process.pid);
  expect(Math.min(sample.rssKib, sample.threads, sample.descriptors)).toBeGreaterThan(0);
});
