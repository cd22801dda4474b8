// Runs `make bench`: all benchmarks, printed, stored in test/bench/results as JSON and as a picture, and in docs/BENCHMARKS.md.
//
// Takes an hour with FLUENT_BIT and PEER_PLUGIN. BENCH_ONLY (a pattern) times only some stages and stores nothing;
// BENCH_RUNS, BENCH_RECORDS (a maximum) and BENCH_LATENCIES (0,5,20,50 ms) are for Fluent Bit.
import { moreModest } from "./baseline.js";
import { TITLES } from "./fluent_bit/comparison.js";
import { comparedOutputs, throughFluentBit } from "./fluent_bit/planned_comparisons.js";
import { measureRest } from "./fluent_bit/rest.js";
import { slopesOf } from "./fluent_bit/slope.js";
import { measureStandstills } from "./fluent_bit/standstill.js";
import { hostFigures } from "./host/host_figures.js";
import { theseVersions, thisMachine } from "./machine.js";
import { pictureOf } from "./picture.js";
import { writeFigures } from "./readme_figures.js";
import { reportOf, stageTable } from "./report.js";
import { pictureFile, resultsFile, writeResults } from "./results.js";
import { numberSetting, programs, setting } from "./settings.js";
import { encodingGrowth } from "./stages/encoding_growth.js";
import { timeStages } from "./stages/all_stages.js";

const usualRuns = 5;

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
  if (named === undefined) console.error("FLUENT_BIT is unset: nothing is compared through Fluent Bit, and nothing is stored");
  const fluentBit = named === undefined ? [] : await throughFluentBit(named, runs);
  const slopes = slopesOf(fluentBit.filter(({ title }) => title === TITLES.growth));
  const standstills = named === undefined ? [] : await measureStandstills(comparedOutputs(named).filter((output) => output !== "null"), named);
  const rest = named === undefined ? [] : await measureRest(comparedOutputs(named), named);
  const stages = moreModest(early, await timeWanted());
  const figures = { stages, encodingGrowth: growth, host, fluentBit, slopes, standstills, rest };
  const results = { date: new Date().toISOString(), machine: thisMachine(), versions, ...figures };
  console.log(reportOf(results));
  if (named === undefined) return;
  writeResults(results, pictureOf(results));
  writeFigures(results);
  console.log(`\nstored in ${resultsFile}, ${pictureFile} and docs/BENCHMARKS.md`);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
