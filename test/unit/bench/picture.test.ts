// Tests the picture of the results.
import { expect, it } from "vitest";
import type { Summary } from "../../bench/fluent_bit/comparison.js";
import { labelOf, pictureOf } from "../../bench/picture.js";
import type { Results } from "../../bench/results.js";

function summary(variant: string, outputCpuSeconds: number, wallSeconds: number): Summary {
  const zeros = { firstToLastSeconds: 0, firstToLastToReference: 0, maxInFlight: 0, cpuSeconds: 0, cpuToReference: 0, wallToReference: 0, peakRssMib: 0, wireMegabytes: 0, requests: 0, serverCpuSeconds: 0 };
  return { ...zeros, variant, outputCpuSeconds, wallSeconds };
}

const timing = (name: string, cpuMicroseconds: number, ratio: number) => ({ name, cpuMicroseconds, wallMicroseconds: cpuMicroseconds * 2, ratio });
const results: Results = {
  date: "2026-01-02T03:04:05.000Z",
  machine: { processor: "A <fast> one", cores: 2, memoryGib: 4 },
  versions: { node: "20.1.0", libnode: "libnode.so.108", plugin: "1.0.0", commit: "abc", fluentBit: "5.1.1" },
  stages: [{ stage: "json", name: "logs", records: 1, bytesPerRecord: 1, timings: [timing("ours", 0.5, 1), timing("objects & text", 4, 8)] }],
  encodingGrowth: [],
  host: { startMilliseconds: 1, restMib: 1, flushMilliseconds: 1, megabytesPerSecond: 1, cpuMicrosecondsPerRecord: 1, growth: [] },
  fluentBit: [{ title: "plain", records: 400_000, latencyMs: 0, runs: 5, summaries: [summary("null", 0, 1), summary("c", 0.5, 4), summary("peer", 10, 20), summary("ours", NaN, 5)] }],
  slopes: [],
  standstills: [],
  rest: [],
};
const widths = (picture: string, kind: string) =>
  [...picture.matchAll(new RegExp(`<rect class="${kind}"[^>]* width="([\\d.]+)"`, "g"))].map(([, width]) => Number(width));

it("bars are in proportion to the figures, and the longest fills the room", () => {
  const [c, peer, baseline] = widths(pictureOf(results), "other") as [number, number, number];
  const [, peerWall] = widths(pictureOf(results), "wall") as [number, number];
  expect(peerWall).toBe(baseline);
  expect(peer / peerWall).toBeCloseTo(0.5, 2);
  expect(c / peer).toBeCloseTo(0.05, 2);
});

it("a missing figure has a bar of minimal length", () => {
  const [missing, stage] = widths(pictureOf(results), "ours");
  expect(missing).toBe(1);
  expect(stage).toBeGreaterThan(1);
});

it("text is escaped, the null output has no bar, and there are both colour schemes", () => {
  const picture = pictureOf(results);
  expect(picture).toContain("A &lt;fast&gt; one");
  expect(picture).toContain("objects &amp; text");
  expect(picture).not.toContain(">null<");
  expect(picture).toContain("prefers-color-scheme: dark");
  expect(picture.match(/<(?!\/|\w[^>]*\/>)\w/g)?.length).toBe(picture.match(/<\//g)?.length);
});

it("variants have readable names", () => {
  expect(["c", "ours-workers2", "peer-gzip", "c-workers1"].map(labelOf)).toEqual([
    "C output",
    "this plugin, 2 workers",
    "Go plugin, gzip",
    "C output, 1 worker",
  ]);
});
