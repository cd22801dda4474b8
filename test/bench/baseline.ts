// The ratios to baselines of the same run, and which of them have fallen since the committed results.
import { REFERENCE } from "./fluent_bit/comparison.js";
import type { FluentBitResults, Results } from "./results.js";
import type { StageResult } from "./stage.js";

/** How often ours fits into the cost of its baseline, by what is measured: the higher the better. */
export type Ratios = ReadonlyMap<string, number>;

export interface Fall {
  readonly what: string;
  readonly committed: number;
  readonly now: number;
}

/** A ratio may fall to this share of the committed one. */
export const TOLERATED_SHARE = 0.8;

export function nameOfCase({ stage, name }: { readonly stage: string; readonly name: string }): string {
  return `${stage}: ${name}`;
}

/** Of the stages, by their first contender besides ours. */
export function stageRatios(stages: readonly StageResult[]): Ratios {
  return new Map(stages.map((result) => [nameOfCase(result), result.timings[1]?.ratio ?? NaN]));
}

/** Of two timings of the same stages, for each case the one with the smaller ratio: nobody should be held to a lucky minute. */
export function moreModest(some: readonly StageResult[], others: readonly StageResult[]): StageResult[] {
  return some.map((result) => {
    const other = others.find((candidate) => nameOfCase(candidate) === nameOfCase(result));
    const [ratio, otherRatio] = [result.timings[1]?.ratio ?? NaN, other?.timings[1]?.ratio ?? NaN];
    return other !== undefined && otherRatio < ratio ? other : result;
  });
}

/**
 * Of our variants in Fluent Bit, by the C output: its CPU where the endpoint answers at once, else the time from the first
 * request to the last, which waiting makes.
 */
export function fluentBitRatios(results: readonly FluentBitResults[]): Ratios {
  const ratios = results.flatMap(({ title, records, latencyMs, summaries }) =>
    summaries
      .filter(({ variant }) => variant.startsWith("ours") && summaries.some((other) => other.variant.split("-")[0] === REFERENCE))
      .map(({ variant, cpuToReference, firstToLastToReference }) => {
        const name = `Fluent Bit, ${title}, ${records} records`;
        return latencyMs === 0
          ? ([`${name}: ${variant}`, 1 / cpuToReference] as const)
          : ([`${name}, ${latencyMs} ms: ${variant}, first to last`, 1 / firstToLastToReference] as const);
      }),
  );
  return new Map(ratios);
}

export function ratiosOf({ stages, fluentBit }: Pick<Results, "stages" | "fluentBit">): Ratios {
  return new Map([...stageRatios(stages), ...fluentBitRatios(fluentBit)]);
}

/** The ratios that are below the tolerated share of the committed ones; what is on one side only is left out. */
export function fallsOf(committed: Ratios, now: Ratios): Fall[] {
  const falls: Fall[] = [];
  for (const [what, ratio] of now) {
    const before = committed.get(what);
    if (before !== undefined && !(ratio >= before * TOLERATED_SHARE)) falls.push({ what, committed: before, now: ratio });
  }
  return falls;
}
