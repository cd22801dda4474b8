// Through a real Fluent Bit: what the outputs cost, this plugin's beside the one in C and another Go-style plugin's.
//
// FLUENT_BIT names the program; PEER_PLUGIN (peer) and BASE_PLUGIN (base: another build of ours) name libraries.
// BENCH_VARIANTS, BENCH_RUNS and BENCH_RECORDS say what is run, how often and over how many records.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PLUGIN } from "../../support/plugin_host.js";
import { tellMachine } from "../machine.js";
import { checkArrival, recordsIn } from "./arrival_check.js";
import { summarize, tableOf } from "./comparison.js";
import { inputFile, inputRecords } from "./input_file.js";
import { KinesisProcess } from "./kinesis_process.js";
import { measureRun, type Bench, type Run } from "./measured_run.js";
import { parseVariant, type Variant } from "./variant.js";

const defaults = { variants: "null,c,ours", runs: 5, records: 400_000 };
const checkedRecords = 5000;

function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/** The libraries, copied: what is built meanwhile does not change a run. */
function pluginsOf(variants: readonly Variant[], folder: string): Bench["plugins"] {
  const sources = { ours: PLUGIN, base: setting("BASE_PLUGIN"), peer: setting("PEER_PLUGIN") };
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

async function measureRounds(variants: readonly Variant[], runs: number, records: number, bench: Bench) {
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

async function main(): Promise<void> {
  const fluentBit = setting("FLUENT_BIT");
  if (fluentBit === undefined) throw new Error("FLUENT_BIT does not name a Fluent Bit");
  const variants = (setting("BENCH_VARIANTS") ?? defaults.variants).split(",").map(parseVariant);
  const runs = Number(setting("BENCH_RUNS") ?? defaults.runs);
  const records = Number(setting("BENCH_RECORDS") ?? defaults.records);
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-bench-"));
  try {
    const bench: Bench = { fluentBit, plugins: pluginsOf(variants, folder), folder };
    await checkOutputs(variants, bench);
    tellMachine(`Fluent Bit, ${records} container logs, medians of ${runs}`);
    console.log(tableOf(summarize(await measureRounds(variants, runs, records, bench))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
