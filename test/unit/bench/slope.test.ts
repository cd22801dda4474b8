// Tests the line through an output's CPU at two numbers of records.
import { expect, it } from "vitest";
import type { Summary } from "../../bench/fluent_bit/comparison.js";
import { slopesOf } from "../../bench/fluent_bit/slope.js";

const outcome = (records: number, cpus: Readonly<Record<string, number>>, latencyMs = 0) => ({
  records,
  latencyMs,
  summaries: Object.entries(cpus).map(([variant, outputCpuSeconds]) => ({ variant, outputCpuSeconds }) as Summary),
});

it("a slope has the CPU per record between the fewest and the most, and the CPU without records", () => {
  const slopes = slopesOf([outcome(3, { null: 0, c: 6, ours: 9 }), outcome(1, { null: 0, c: 2, ours: 4 })]);
  expect(slopes).toMatchObject([
    { variant: "c", cpuMicrosecondsPerRecord: 2e6, cpuSecondsAtZero: 0, toReference: 1 },
    { variant: "ours", cpuMicrosecondsPerRecord: 2.5e6, cpuSecondsAtZero: 1.5, toReference: 1.25, fewRecords: 1, manyRecords: 3 },
  ]);
});

it("there is no slope with fewer than two numbers of records", () => {
  expect(slopesOf([])).toEqual([]);
  expect(slopesOf([outcome(1, { c: 1 }), outcome(1, { c: 1 }, 20)])).toEqual([]);
});

it("there is no ratio of slopes without the C output", () => {
  expect(slopesOf([outcome(1, { ours: 1 }), outcome(2, { ours: 2 })])).toMatchObject([{ variant: "ours", toReference: NaN }]);
});
