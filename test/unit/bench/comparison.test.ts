// What is made of the runs of Fluent Bit.
import { expect, it } from "vitest";
import { summarize } from "../../bench/fluent_bit/comparison.js";
import type { Run } from "../../bench/fluent_bit/measured_run.js";

function run(cpuSeconds: number, wallSeconds = 1): Run {
  return { cpuSeconds, wallSeconds, peakRssMib: 50, wireBytes: 2e6, requests: 3, records: 10, serverCpuSeconds: 0 };
}

it("the CPU of an output is that of the process without the null run of the same round, and its ratio that to the C output", () => {
  // The machine is twice as slow in the second round, and three times in the third.
  const rounds = new Map([
    ["null", [run(2), run(4), run(6)]],
    ["c", [run(3), run(6), run(9)]],
    ["ours", [run(2.5, 4), run(5, 8), run(7.5, 3)]],
  ]);
  const [, , ours] = summarize(rounds);
  expect(ours).toMatchObject({ variant: "ours", cpuSeconds: 5, outputCpuSeconds: 1, cpuToReference: 0.5, wallToReference: 4, wireMegabytes: 2 });
});

it("there is no ratio without the C output, and no cost of an output without the null output", () => {
  const [ours] = summarize(new Map([["ours", [run(3)]]]));
  expect(ours).toMatchObject({ cpuSeconds: 3, outputCpuSeconds: NaN, cpuToReference: NaN, wallToReference: NaN });
});
