// `make bench-fluent-bit`: what the outputs of a real Fluent Bit cost, this plugin's beside the one in C and a peer.
//
// FLUENT_BIT names the program; PEER_PLUGIN (peer) and BASE_PLUGIN (base: another build of ours) name libraries.
// BENCH_VARIANTS, BENCH_RUNS and BENCH_RECORDS say what is run, how often and over how many records.
import { numberSetting, programs, setting } from "../settings.js";
import { compareOutputs } from "./compare_outputs.js";
import { tableOf } from "./comparison.js";

const defaults = { variants: "null,c,ours", runs: 5, records: 400_000 };

async function main(): Promise<void> {
  const named = programs();
  if (named === undefined) throw new Error("FLUENT_BIT does not name a Fluent Bit");
  const variants = (setting("BENCH_VARIANTS") ?? defaults.variants).split(",");
  const runs = numberSetting("BENCH_RUNS", defaults.runs);
  const records = numberSetting("BENCH_RECORDS", defaults.records);
  const summaries = await compareOutputs({ variants, runs, records }, named);
  console.log(`Fluent Bit, ${records} container logs, medians of ${runs}\n${tableOf(summaries)}`);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
