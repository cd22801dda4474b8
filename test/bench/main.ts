// `make bench`: all benchmarks, printed, kept in test/bench/results as JSON and as a picture, and in the README.
//
// The whole takes a good half hour with FLUENT_BIT and PEER_PLUGIN. BENCH_ONLY (a pattern) times some stages only, and
// then nothing is kept; BENCH_RUNS and BENCH_RECORDS (at most so many) are for Fluent Bit.
import { moreModest } from "./baseline.js";
import { compareOutputs, type Programs } from "./fluent_bit/compare_outputs.js";
import { TITLES } from "./fluent_bit/comparison.js";
import { measureRest } from "./fluent_bit/rest.js";
import { hostFigures } from "./host/host_figures.js";
import { theseVersions, thisMachine } from "./machine.js";
import { pictureOf } from "./picture.js";
import { writeFigures } from "./readme_figures.js";
import { reportOf, stageTable } from "./report.js";
import { type FluentBitResults, pictureFile, resultsFile, writeResults } from "./results.js";
import { numberSetting, programs, setting } from "./settings.js";
import { encodingGrowth } from "./stages/encoding_growth.js";
import { timeStages } from "./stages/all_stages.js";

const usualRuns = 5;

/** The peers and ours side by side. Where the Go plugin takes minutes, fewer records do. */
const comparisons = [
  {
    title: TITLES.plain,
    records: 400_000,
    variants: ["null", "c", "c-workers1", "c-workers2", "ours", "ours-workers1", "ours-workers2", "ours-cbor", "peer"],
  },
  { title: TITLES.aggregation, records: 400_000, variants: ["null", "c", "ours-aggregation", "peer-aggregation"] },
  { title: TITLES.gzip, records: 50_000, variants: ["null", "c", "c-gzip", "ours", "ours-gzip", "peer", "peer-gzip"] },
];
const restVariants = ["null", "c", "ours", "peer"];

async function throughFluentBit(named: Programs, runs: number): Promise<FluentBitResults[]> {
  const results: FluentBitResults[] = [];
  const mostRecords = numberSetting("BENCH_RECORDS", Number.MAX_SAFE_INTEGER);
  for (const { title, records: usual, variants } of comparisons) {
    const records = Math.min(usual, mostRecords);
    const wanted = withoutPeer(variants, named);
    results.push({ title, records, runs, summaries: await compareOutputs({ variants: wanted, runs, records }, named) });
  }
  return results;
}

function withoutPeer(variants: readonly string[], { peer }: Programs): string[] {
  return variants.filter((name) => peer !== undefined || !name.startsWith("peer"));
}

async function main(): Promise<void> {
  const only = setting("BENCH_ONLY");
  const pattern = new RegExp(only ?? "");
  const named = programs();
  const runs = numberSetting("BENCH_RUNS", usualRuns);
  const versions = theseVersions(named?.fluentBit);
  const timeWanted = () =>
    timeStages(
      ({ stage, name }) => pattern.test(`${stage}: ${name}`),
      ({ stage, name }) => console.error(`timed: ${stage}: ${name}`),
    );
  const early = await timeWanted();
  if (only !== undefined) {
    console.log(stageTable(early));
    return;
  }
  const growth = encodingGrowth();
  const host = await hostFigures(({ axis, at }) => console.error(`timed: ${at} ${axis}`));
  if (named === undefined) console.error("FLUENT_BIT names no Fluent Bit: nothing is compared through it, nor kept");
  const fluentBit = named === undefined ? [] : await throughFluentBit(named, runs);
  const rest = named === undefined ? [] : await measureRest(withoutPeer(restVariants, named), named);
  const stages = moreModest(early, await timeWanted());
  const results = { date: new Date().toISOString(), machine: thisMachine(), versions, stages, encodingGrowth: growth, host, fluentBit, rest };
  console.log(reportOf(results));
  if (named === undefined) return;
  writeResults(results, pictureOf(results));
  writeFigures(results);
  console.log(`\nkept in ${resultsFile} and ${pictureFile}; the README's figures are these`);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
