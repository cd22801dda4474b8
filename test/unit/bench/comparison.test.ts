// Tests the figures that are derived from the runs of Fluent Bit.
import { expect, it } from "vitest";
import { summarize } from "../../bench/fluent_bit/comparison.js";
import type { Run } from "../../bench/fluent_bit/measured_run.js";

function run(cpuSeconds: number, wallSeconds = 1): Run {
  return { cpuSeconds, wallSeconds, firstToLastSeconds: wallSeconds / 2, maxInFlight: 1, peakRssMib: 50, wireBytes: 2e6, requests: 3, records: 10, serverCpuSeconds: 0 };
}

it("an output's CPU is the process's minus that of the null run of the same round, and its ratio is to the C output", () => {
  // The machine is half as fast in the second round, and a third as fast in the third.
  const rounds = new Map([
    ["null", [run(2), run(4), run(6)]],
    ["c", [run(3), run(6), run(9)]],
    ["ours", [run(2.5, 4), run(5, 8), run(7.5, 3)]],
  ]);
  const [, , ours] = summarize(rounds);
  expect(ours).toMatchObject({ variant: "ours", cpuSeconds: 5, outputCpuSeconds: 1, cpuToReference: 0.5, wallToReference: 4, wireMegabytes: 2 });
});

it("there is no ratio without the C output, and no CPU of an output without the null output", () => {
  const [ours] = summarize(new Map([["ours", [run(3)]]]));
  expect(ours).toMatchObject({ cpuSeconds: 3, outputCpuSeconds: NaN, cpuToReference: NaN, wallToReference: NaN });
});

it("an output is compared with those that ran over the same input, else with those over the plain input", () => {
  const rounds = new Map([
    ["null", [run(1)]],
    ["null-tags8", [run(2)]],
    ["c", [run(3, 2)]],
    ["c-tags8", [run(4, 4)]],
    ["ours-gzip-tags8", [run(6, 6)]],
    ["ours-key40", [run(5, 6)]],
  ]);
  const summaries = new Map(summarize(rounds).map((summary) => [summary.variant, summary]));
  expect(summaries.get("ours-gzip-tags8")).toMatchObject({ outputCpuSeconds: 4, cpuToReference: 2, firstToLastToReference: 1.5 });
  expect(summaries.get("ours-key40")).toMatchObject({ outputCpuSeconds: 4, cpuToReference: 2, firstToLastToReference: 3 });
});
