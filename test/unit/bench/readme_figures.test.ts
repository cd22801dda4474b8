// Tests the figures in docs/BENCHMARKS.md.
import { expect, it } from "vitest";
import type { Summary } from "../../bench/fluent_bit/comparison.js";
import { figuresOf, withFigures } from "../../bench/readme_figures.js";
import type { Results } from "../../bench/results.js";

const zeros = { firstToLastToReference: 0, maxInFlight: 0, cpuToReference: 0, wallToReference: 0, wireMegabytes: 250, requests: 0, serverCpuSeconds: 0, peakRssMib: 90 };
const summary = (variant: string, cpuSeconds: number, wallSeconds = 5): Summary =>
  ({ ...zeros, variant, cpuSeconds, outputCpuSeconds: cpuSeconds - 2, wallSeconds, firstToLastSeconds: wallSeconds - 1 });
const comparison = (title: string, records: number, summaries: Summary[], latencyMs = 0) => ({ title, records, latencyMs, runs: 5, summaries });
const slope = { fewRecords: 1, manyRecords: 2, toReference: 1 };
const standstill = { seconds: 10, slowestAnswerMs: 4.6 };
const results: Results = {
  date: "2026-01-02T03:04:05.000Z",
  machine: { processor: "P", cores: 2, memoryGib: 4 },
  versions: { node: "20.1.0", libnode: "libnode.so.108", plugin: "1.0.0", commit: "abc", fluentBit: "5.1.1" },
  stages: [],
  encodingGrowth: [],
  host: { startMilliseconds: 80, restMib: 1, flushMilliseconds: 1.5, megabytesPerSecond: 1, cpuMicrosecondsPerRecord: 1, growth: [] },
  fluentBit: [
    comparison("by latency", 100_000, [summary("c", 2.25, 1.5), summary("ours", 2.5, 1.75)], 0),
    comparison("by latency", 100_000, [summary("c", 2.25, 2), summary("ours", 2.75, 2.5)], 20),
    comparison("plain records", 400_000, [summary("c", 2.5, 4), summary("ours", 3, 6), summary("ours-workers2", 3, 3.5)]),
    comparison("gzip by record", 50_000, [summary("c", 2), summary("c-gzip", 2.5), summary("ours", 3), summary("ours-gzip", 3.25)]),
  ],
  slopes: [{ ...slope, variant: "ours", cpuMicrosecondsPerRecord: 5.25, cpuSecondsAtZero: 1.5 }],
  standstills: [
    { ...standstill, variant: "ours", lines: 10, endSeconds: 4.5, isKilled: false },
    { ...standstill, variant: "peer", lines: 0, endSeconds: 60, isKilled: true },
  ],
  rest: [{ variant: "c", rssMib: 14, usedRssMib: 15 }],
};

it("each output has a column, with a dash for a missing figure", () => {
  const figures = figuresOf(results);
  expect(figures).toContain("| CPU of the output, s | 1.00 | 0.50 | – |");
  expect(figures).toContain("workers`, s | 3.5 | 4.0 | – |");
  expect(figures).toContain("µs a record | 5.0 | 10.0 | – |");
  expect(figures).toContain("at rest, MiB | – | 14 | – |");
  expect(figures).toContain("400,000 container logs");
});

it("the figures begin with an endpoint latency of 20 ms, an output in each row", () => {
  const [machine, , title, , head, , ours, c, peer] = figuresOf(results).split("\n");
  expect(machine).toContain("2 cores of P, Fluent Bit 5.1.1");
  expect(title).toContain("20 ms, 100,000 container logs");
  expect(head).toBe("| | first to last request at 20 ms, s | at 0 ms, s | CPU of the output, s | peak memory, MiB |");
  expect([ours, c, peer]).toEqual(["| this plugin | 1.50 | 0.75 | 0.75 | 90 |", "| C output | 1.00 | 0.50 | 0.25 | 90 |", "| Go plugin | – | – | – | – |"]);
});

it("the figures have the flushes that a silent endpoint delays, and whether Fluent Bit had to be killed", () => {
  const figures = figuresOf(results);
  expect(figures).toContain("lines of another output in 10 s | 10 | – | 0 |");
  expect(figures).toContain("(`Grace` 5), s | 4.5 | – | never |");
});

it("the figures replace the previous ones, and the rest of the text stays", () => {
  const text = "before\n<!-- figures: written by make bench -->\nold\n<!-- end of figures -->\nafter\n";
  const once = withFigures(text, "new\n");
  expect(once).toBe(text.replace("old", "new"));
  expect(withFigures(once, "old\n")).toBe(text);
  expect(() => withFigures("no place", "new")).toThrow("docs/BENCHMARKS.md has no");
});
