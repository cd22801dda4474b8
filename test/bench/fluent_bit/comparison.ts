// Computes medians of each variant's runs, and its ratios to the C output of the same rounds and the same input.
import { median } from "../statistics.js";
import { figure, table } from "../table.js";
import type { Run } from "./measured_run.js";
import { type Output, parseVariant } from "./variant.js";
import { nameOf } from "./workload.js";

/** Runs by the variant's name, one for each round. */
export type Rounds = ReadonlyMap<string, readonly Run[]>;

export interface Summary {
  readonly variant: string;
  readonly cpuSeconds: number;
  /** CPU minus that of the null output. */
  readonly outputCpuSeconds: number;
  /** Median of the ratios in each round: a drift between rounds affects both sides. */
  readonly cpuToReference: number;
  readonly wallSeconds: number;
  readonly wallToReference: number;
  /** Time from the first whole request to the last. */
  readonly firstToLastSeconds: number;
  readonly firstToLastToReference: number;
  readonly peakRssMib: number;
  readonly wireMegabytes: number;
  readonly requests: number;
  readonly maxInFlight: number;
  readonly serverCpuSeconds: number;
}

export const NOTHING = "null";
export const REFERENCE = "c";

/** Titles of the comparisons in the results. */
export const TITLES = {
  latency: "by latency",
  plain: "plain records",
  aggregation: "KPL aggregation",
  gzip: "gzip by record",
  tags: "8 tags",
  keys: "40 partition keys",
  growth: "by number of records",
} as const;

/** Returns the runs of this output without options, over the same input as the variant, else over the plain one. */
function runsOf(rounds: Rounds, output: Output, variant: string): readonly Run[] {
  const workload = nameOf(parseVariant(variant).workload);
  return rounds.get(workload === "" ? output : `${output}-${workload}`) ?? rounds.get(output) ?? [];
}

/** Returns a summary of each variant; NaN where the null output or the C output was not run. */
export function summarize(rounds: Rounds): Summary[] {
  return [...rounds].map(([variant, runs]) => {
    const nothing = runsOf(rounds, NOTHING, variant);
    const reference = runsOf(rounds, REFERENCE, variant);
    const outputCpu = (run: Run, round: number): number => run.cpuSeconds - (nothing[round]?.cpuSeconds ?? NaN);
    const of = (value: (run: Run, round: number) => number): number => median(runs.map(value));
    const ratio = (value: (run: Run, round: number) => number): number =>
      of((run, round) => {
        const other = reference[round];
        return other === undefined ? NaN : value(run, round) / value(other, round);
      });
    return {
      variant,
      cpuSeconds: of((run) => run.cpuSeconds),
      outputCpuSeconds: of(outputCpu),
      cpuToReference: ratio(outputCpu),
      wallSeconds: of((run) => run.wallSeconds),
      wallToReference: ratio((run) => run.wallSeconds),
      firstToLastSeconds: of((run) => run.firstToLastSeconds),
      firstToLastToReference: ratio((run) => run.firstToLastSeconds),
      peakRssMib: of((run) => run.peakRssMib),
      wireMegabytes: of((run) => run.wireBytes) / 1e6,
      requests: of((run) => run.requests),
      maxInFlight: of((run) => run.maxInFlight),
      serverCpuSeconds: of((run) => run.serverCpuSeconds),
    };
  });
}

/** Returns the summaries as a table for the terminal. */
export function tableOf(summaries: readonly Summary[]): string {
  const head = [
    "variant", "first-last s", "× C", "CPU s", "output s", "× C", "wall s", "× C", "peak MiB", "wire MB", "requests", "in flight", "server s",
  ];
  const rows = summaries.map((of) => [
    of.variant,
    figure(of.firstToLastSeconds, 2),
    figure(of.firstToLastToReference, 2),
    figure(of.cpuSeconds, 2),
    figure(of.outputCpuSeconds, 2),
    figure(of.cpuToReference, 2),
    figure(of.wallSeconds, 2),
    figure(of.wallToReference, 2),
    figure(of.peakRssMib, 0),
    figure(of.wireMegabytes, 1),
    figure(of.requests, 0),
    figure(of.maxInFlight, 0),
    figure(of.serverCpuSeconds, 2),
  ]);
  return table(head, rows);
}
