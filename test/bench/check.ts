// Runs `make bench-check`: fails when a stage's ratio to its baseline has fallen by over a fifth since the committed results.
//
// Times fallen cases again, up to two times, before they count. With FLUENT_BIT also checks the ratios to the C output:
// of CPU, and of the time from the first request to the last if the endpoint has a latency.
import { fallsOf, fluentBitRatios, nameOfCase, ratiosOf, stageRatios, type Fall, type Ratios } from "./baseline.js";
import { compareOutputs } from "./fluent_bit/compare_outputs.js";
import { NOTHING, REFERENCE } from "./fluent_bit/comparison.js";
import type { Programs } from "./fluent_bit/programs.js";
import { parseVariant } from "./fluent_bit/variant.js";
import { thisMachine } from "./machine.js";
import { type FluentBitResults, readResults } from "./results.js";
import { numberSetting, programs } from "./settings.js";
import { timeStages } from "./stages/all_stages.js";
import { figure, table } from "./table.js";

const tries = 3;
const usualRuns = 3;

/** Measures the fallen cases again until none has fallen or the retries are used up; returns those that fell every time. */
async function fallsAfterRetries(
  committed: Ratios,
  measure: (isWanted: (what: string) => boolean) => Promise<Ratios>,
): Promise<Fall[]> {
  let falls = fallsOf(committed, await measure(() => true));
  for (let turn = 1; turn < tries && falls.length > 0; turn++) {
    console.error(`once more: ${falls.map(({ what }) => what).join("; ")}`);
    const fallen = new Set(falls.map(({ what }) => what));
    falls = fallsOf(committed, await measure((what) => fallen.has(what)));
  }
  return falls;
}

/** Returns whether a variant is ours or a baseline of ours: the other outputs without options. */
function isNeeded(name: string): boolean {
  const { output, options } = parseVariant(name);
  return output === "ours" || ([NOTHING, REFERENCE].includes(output) && Object.keys(options).length === 0);
}

/** Runs our variants and their baselines, in the comparisons with a wanted one. */
async function throughFluentBit(
  named: Programs,
  committed: readonly FluentBitResults[],
  isWanted: (what: string) => boolean,
): Promise<Ratios> {
  const results: FluentBitResults[] = [];
  const runs = numberSetting("BENCH_RUNS", usualRuns);
  for (const comparison of committed) {
    if (![...fluentBitRatios([comparison]).keys()].some(isWanted)) continue;
    const { title, records, latencyMs } = comparison;
    const variants = comparison.summaries.map(({ variant }) => variant).filter(isNeeded);
    const outcomes = await compareOutputs({ variants, runs, records: [records], latenciesMs: [latencyMs] }, named);
    results.push(...outcomes.map(({ summaries }) => ({ title, records, latencyMs, runs, summaries })));
  }
  return new Map([...fluentBitRatios(results)].filter(([what]) => isWanted(what)));
}

async function main(): Promise<void> {
  const results = readResults();
  const { processor } = results.machine;
  if (thisMachine().processor !== processor) console.error(`the committed results are of another machine: ${processor}`);
  const committed = ratiosOf(results);
  const falls = await fallsAfterRetries(committed, async (isWanted) =>
    stageRatios(await timeStages((timed) => isWanted(nameOfCase(timed)), () => undefined)),
  );
  const named = programs();
  if (named !== undefined) {
    falls.push(...(await fallsAfterRetries(committed, (isWanted) => throughFluentBit(named, results.fluentBit, isWanted))));
  }
  if (falls.length === 0) {
    console.log("no ratio to a baseline has fallen by over a fifth");
    return;
  }
  const rows = falls.map(({ what, committed: before, now }) => [what, figure(before, 2), figure(now, 2)]);
  console.log(`slower than the committed results:\n${table(["baseline's cost ÷ ours", "committed", "now"], rows)}`);
  process.exitCode = 1;
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
