// Runs Fluent Bit with each variant in turns, after a look at what each of them sends.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PLUGIN } from "../../support/plugin_host.js";
import { checkArrival, recordsIn } from "./arrival_check.js";
import { type Rounds, summarize, type Summary } from "./comparison.js";
import { inputFile, inputRecords } from "./input_file.js";
import { KinesisProcess } from "./kinesis_process.js";
import { measureRun, type Bench, type Run } from "./measured_run.js";
import { parseVariant, type Variant } from "./variant.js";

export interface Programs {
  readonly fluentBit: string;
  /** Another build of this plugin. */
  readonly base: string | undefined;
  /** Another Go-style plugin. */
  readonly peer: string | undefined;
}

export interface Comparison {
  readonly variants: readonly string[];
  readonly runs: number;
  readonly records: number;
}

const checkedRecords = 5000;

/** Throws when a variant loses or changes records, or cannot be run. */
export async function compareOutputs({ variants: names, runs, records }: Comparison, programs: Programs): Promise<Summary[]> {
  const variants = names.map(parseVariant);
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-bench-"));
  try {
    const bench: Bench = { fluentBit: programs.fluentBit, plugins: pluginsOf(variants, programs, folder), folder };
    await checkOutputs(variants, bench);
    return summarize(await measureRounds(variants, runs, records, bench));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The libraries, copied: what is built meanwhile does not change a run. */
function pluginsOf(variants: readonly Variant[], libraries: Programs, folder: string): Bench["plugins"] {
  const sources = { ours: PLUGIN, base: libraries.base, peer: libraries.peer };
  const plugins: Record<string, string> = {};
  for (const [output, source] of Object.entries(sources)) {
    if (!variants.some((variant) => variant.output === output)) continue;
    if (source === undefined) throw new Error(`${output.toUpperCase()}_PLUGIN does not name a library`);
    if (!existsSync(source)) throw new Error(`the library of '${output}' is missing: ${source}`);
    plugins[output] = path.join(folder, `${output}.so`);
    copyFileSync(source, plugins[output]);
  }
  return plugins;
}

/** A short run of each variant whose records are looked into. */
async function checkOutputs(variants: readonly Variant[], bench: Bench): Promise<void> {
  const keptFile = path.join(bench.folder, "requests");
  const kinesis = await KinesisProcess.start(bench.folder, keptFile);
  try {
    const input = [...inputRecords(checkedRecords)];
    for (const variant of variants.filter(({ output }) => output !== "null")) {
      rmSync(keptFile, { force: true });
      await measureRun(variant, inputFile(checkedRecords), kinesis, bench);
      if (!existsSync(keptFile)) throw new Error(`${variant.name}: nothing arrived; the log: ${readFileSync(path.join(bench.folder, "fluent-bit.log"), "utf8").slice(-2000)}`);
      checkArrival(recordsIn(readFileSync(keptFile)), input);
    }
  } finally {
    await kinesis.stop();
  }
}

async function measureRounds(variants: readonly Variant[], runs: number, records: number, bench: Bench): Promise<Rounds> {
  const input = inputFile(records);
  const rounds = new Map<string, Run[]>(variants.map(({ name }) => [name, []]));
  const kinesis = await KinesisProcess.start(bench.folder);
  try {
    for (let round = 0; round < runs; round++) {
      // There and back again: what drifts with time hits the first as much as the last.
      for (const variant of round % 2 === 0 ? variants : [...variants].reverse()) {
        const run = await measureRun(variant, input, kinesis, bench);
        const isWhole = run.records === records || variant.output === "null" || "aggregation" in variant.options;
        if (!isWhole) throw new Error(`${variant.name}: ${run.records} records arrived of ${records}`);
        rounds.get(variant.name)?.push(run);
        console.error(`round ${round + 1}: ${variant.name} ${run.cpuSeconds.toFixed(2)} s CPU, ${run.wallSeconds.toFixed(2)} s`);
      }
    }
  } finally {
    await kinesis.stop();
  }
  return rounds;
}
