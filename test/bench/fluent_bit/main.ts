// Runs `make bench-fluent-bit`: compares the cost of a real Fluent Bit's outputs: this plugin, the one in C, and a peer.
//
// FLUENT_BIT names the program; PEER_PLUGIN (peer) and BASE_PLUGIN (base: another build of ours) name libraries.
// BENCH_VARIANTS (null,c,ours) and BENCH_RUNS (5) set what is run and how often; BENCH_RECORDS (400000) the number of
// records, where two numbers also give the slope; BENCH_LATENCIES (0) the endpoint's latency in milliseconds;
// BENCH_FLUSH (0.2) Fluent Bit's Flush; BENCH_CBOR_RESPONSES=json responses to CBOR in JSON. BENCH_ONLY=standstill
// measures which flushes a silent endpoint delays, for each of BENCH_VARIANTS (c,ours).
import { tellMachine } from "../machine.js";
import { numbersSetting, numberSetting, programs, setting } from "../settings.js";
import { compareOutputs } from "./compare_outputs.js";
import { tableOf } from "./comparison.js";
import type { Programs } from "./programs.js";
import { slopesOf, slopeTable } from "./slope.js";
import { measureStandstills, standstillTable } from "./standstill.js";

const defaults = { variants: "null,c,ours", standstillVariants: "c,ours", runs: 5, records: [400_000], latenciesMs: [0] };

async function compare(named: Programs): Promise<void> {
  const variants = (setting("BENCH_VARIANTS") ?? defaults.variants).split(",");
  const runs = numberSetting("BENCH_RUNS", defaults.runs);
  const records = numbersSetting("BENCH_RECORDS", defaults.records, 1);
  const latenciesMs = numbersSetting("BENCH_LATENCIES", defaults.latenciesMs, 0);
  const outcomes = await compareOutputs({ variants, runs, records, latenciesMs }, named);
  for (const { records: count, latencyMs, summaries } of outcomes) {
    console.log(`Fluent Bit, ${count} container logs, responses after ${latencyMs} ms, medians of ${runs}\n${tableOf(summaries)}\n`);
  }
  const slopes = slopesOf(outcomes);
  if (slopes.length > 0) console.log(slopeTable(slopes));
}

async function main(): Promise<void> {
  const named = programs();
  if (named === undefined) throw new Error("FLUENT_BIT is unset");
  tellMachine("bench-fluent-bit");
  const only = setting("BENCH_ONLY");
  if (only !== undefined && only !== "standstill") throw new Error(`BENCH_ONLY is '${only}'; here it may be: standstill`);
  if (only === undefined) {
    await compare(named);
    return;
  }
  const variants = (setting("BENCH_VARIANTS") ?? defaults.standstillVariants).split(",");
  console.log(standstillTable(await measureStandstills(variants, named)));
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
