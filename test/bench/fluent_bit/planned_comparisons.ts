// Plans and runs the comparisons of `make bench` through Fluent Bit.
import type { FluentBitResults } from "../results.js";
import { numbersSetting, numberSetting } from "../settings.js";
import { compareOutputs } from "./compare_outputs.js";
import { TITLES } from "./comparison.js";
import { type Programs, withoutPeer } from "./programs.js";

const outputs = ["null", "c", "ours", "peer"] as const;

interface Planned {
  readonly title: string;
  readonly variants: readonly string[];
  readonly records: readonly number[];
  readonly latenciesMs: readonly number[];
}

/** A PutRecords takes 10 to 40 ms. */
const usualLatenciesMs = [0, 5, 20, 50];
const atOnce = [0];
const few = 100_000;
const many = 400_000;

/** Outputs that are compared without options. */
export function comparedOutputs(named: Programs): string[] {
  return withoutPeer(outputs, named);
}

/** Returns the comparisons of the peers and ours. Slow outputs get fewer records. */
function plannedComparisons(): Planned[] {
  const [nothing, c, ours, peer] = outputs;
  const ofWorkload = (workload: string): string[] => outputs.map((output) => `${output}-${workload}`);
  return [
    { title: TITLES.latency, records: [few], latenciesMs: numbersSetting("BENCH_LATENCIES", usualLatenciesMs, 0), variants: outputs },
    {
      title: TITLES.plain,
      records: [many],
      latenciesMs: atOnce,
      variants: [nothing, c, "c-workers0", "c-workers2", ours, "ours-workers1", "ours-workers2", "ours-cbor", peer],
    },
    { title: TITLES.aggregation, records: [many], latenciesMs: atOnce, variants: [nothing, c, "ours-aggregation", "peer-aggregation"] },
    { title: TITLES.gzip, records: [50_000], latenciesMs: atOnce, variants: [nothing, c, "c-gzip", ours, "ours-gzip", peer, "peer-gzip"] },
    { title: TITLES.tags, records: [few], latenciesMs: [20], variants: ofWorkload("tags8") },
    { title: TITLES.keys, records: [few], latenciesMs: [20], variants: ofWorkload("key40") },
    { title: TITLES.growth, records: [many, 3 * many], latenciesMs: atOnce, variants: [nothing, c, ours] },
  ];
}

/** Runs every comparison that `make bench` stores. */
export async function throughFluentBit(named: Programs, runs: number): Promise<FluentBitResults[]> {
  const results: FluentBitResults[] = [];
  const maxRecords = numberSetting("BENCH_RECORDS", Number.MAX_SAFE_INTEGER);
  for (const { title, records: usual, latenciesMs, variants } of plannedComparisons()) {
    const records = [...new Set(usual.map((count) => Math.min(count, maxRecords)))];
    const outcomes = await compareOutputs({ variants: withoutPeer(variants, named), runs, records, latenciesMs }, named);
    results.push(...outcomes.map((outcome) => ({ title, runs, ...outcome })));
  }
  return results;
}
