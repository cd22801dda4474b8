// Runs Fluent Bit with each variant in alternation, after checking the records that each of them sends.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setting } from "../settings.js";
import { figure } from "../table.js";
import { checkArrival, checkPartitionKeys, recordsIn } from "./arrival_check.js";
import { summarize, type Summary } from "./comparison.js";
import type { Bench } from "./fluent_bit_run.js";
import { inputOf, inputRecords } from "./input_file.js";
import { KinesisProcess } from "./kinesis_process.js";
import type { ServerBehavior } from "./server_behavior.js";
import { measureRun, type Run } from "./measured_run.js";
import { copyPlugins, type Programs } from "./programs.js";
import { parseVariant, type Variant } from "./variant.js";
import { KEY_FIELD } from "./workload.js";

export interface Comparison {
  readonly variants: readonly string[];
  readonly runs: number;
  /** Each variant runs over each number of records, and with each latency of the endpoint, in every round. */
  readonly records: readonly number[];
  readonly latenciesMs: readonly number[];
}

interface Conditions {
  readonly records: number;
  readonly latencyMs: number;
}

export interface Outcome extends Conditions {
  readonly summaries: readonly Summary[];
}

const checkedRecords = 5000;

/** Throws when a variant loses or changes records, or cannot be run. */
export async function compareOutputs({ variants: names, runs, records, latenciesMs }: Comparison, programs: Programs): Promise<Outcome[]> {
  const variants = names.map(parseVariant);
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-bench-"));
  try {
    const bench: Bench = { fluentBit: programs.fluentBit, plugins: copyPlugins(variants, programs, folder), folder };
    await checkOutputs(variants, bench);
    const all = latenciesMs.flatMap((latencyMs) => records.map((count) => ({ records: count, latencyMs, rounds: emptyRounds(variants) })));
    const kinesis = await KinesisProcess.start(folder);
    try {
      for (let round = 0; round < runs; round++) {
        // In alternating order, so that a drift over time affects the first as much as the last.
        const inTurn = round % 2 === 0 ? variants : [...variants].reverse();
        for (const { rounds, ...conditions } of all) await measureRound(`round ${round + 1}`, inTurn, conditions, rounds, kinesis, bench);
      }
    } finally {
      await kinesis.stop();
    }
    return all.map(({ rounds, ...conditions }) => ({ ...conditions, summaries: summarize(rounds) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function emptyRounds(variants: readonly Variant[]): Map<string, Run[]> {
  return new Map(variants.map(({ name }) => [name, []]));
}

/** BENCH_CBOR_RESPONSES=json: an endpoint that responds to CBOR in JSON. */
function behaviorOf({ latencyMs }: Conditions): Partial<ServerBehavior> {
  return { latencyMs, respondsToCborInJson: setting("BENCH_CBOR_RESPONSES") === "json" };
}

/** Makes a short run of each variant and checks its records. */
async function checkOutputs(variants: readonly Variant[], bench: Bench): Promise<void> {
  const keptFile = path.join(bench.folder, "requests");
  const kinesis = await KinesisProcess.start(bench.folder, keptFile);
  try {
    for (const variant of variants.filter(({ output }) => output !== "null")) {
      rmSync(keptFile, { force: true });
      await measureRun(variant, inputOf(checkedRecords, variant.workload), kinesis, bench, behaviorOf({ records: checkedRecords, latencyMs: 0 }));
      if (!existsSync(keptFile)) throw new Error(`${variant.name}: nothing arrived; the log: ${readFileSync(path.join(bench.folder, "fluent-bit.log"), "utf8").slice(-2000)}`);
      checkKept(readFileSync(keptFile), variant);
    }
  } finally {
    await kinesis.stop();
  }
}

function checkKept(kept: Buffer, { workload, options }: Variant): void {
  checkArrival(recordsIn(kept), [...inputRecords(checkedRecords, workload)]);
  // An aggregate has one key for records of several keys.
  if (options["partition_key"] === KEY_FIELD && !("aggregation" in options)) checkPartitionKeys(kept, KEY_FIELD);
}

async function measureRound(
  name: string,
  variants: readonly Variant[],
  conditions: Conditions,
  rounds: ReadonlyMap<string, Run[]>,
  kinesis: KinesisProcess,
  bench: Bench,
): Promise<void> {
  const { records, latencyMs } = conditions;
  for (const variant of variants) {
    const run = await measureRun(variant, inputOf(records, variant.workload), kinesis, bench, behaviorOf(conditions));
    const isWhole = run.records === records || variant.output === "null" || "aggregation" in variant.options;
    if (!isWhole) throw new Error(`${variant.name}: ${run.records} records arrived of ${records}`);
    rounds.get(variant.name)?.push(run);
    console.error(
      `${name}, ${latencyMs} ms, ${records}: ${variant.name} ${figure(run.firstToLastSeconds, 2)} s first to last, ` +
        `${figure(run.cpuSeconds, 2)} s CPU, ${run.maxInFlight} in flight`,
    );
  }
}
