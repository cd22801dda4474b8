// Computes ratios to baselines of the same run, and finds those that have fallen since the committed results.
import { REFERENCE } from "./fluent_bit/comparison.js";
import type { FluentBitResults, Results } from "./results.js";
import type { StageResult } from "./stage.js";

/** The baseline's cost divided by ours, by case: higher is better. */
export type Ratios = ReadonlyMap<string, number>;

export interface Fall {
  readonly what: string;
  readonly committed: number;
  readonly now: number;
}

/** Share of the committed ratio down to which a ratio may fall. */
export const TOLERATED_SHARE = 0.8;

export function nameOfCase({ stage, name }: { readonly stage: string; readonly name: string }): string {
  return `${stage}: ${name}`;
}

/** Returns the ratios of stages to their first contender besides ours. */
export function stageRatios(stages: readonly StageResult[]): Ratios {
  return new Map(stages.map((result) => [nameOfCase(result), result.timings[1]?.ratio ?? NaN]));
}

/** Returns, for each case of two timings, the one with the smaller ratio, so that no baseline is a lucky run. */
export function moreModest(some: readonly StageResult[], others: readonly StageResult[]): StageResult[] {
  return some.map((result) => {
    const other = others.find((candidate) => nameOfCase(candidate) === nameOfCase(result));
    const [ratio, otherRatio] = [result.timings[1]?.ratio ?? NaN, other?.timings[1]?.ratio ?? NaN];
    return other !== undefined && otherRatio < ratio ? other : result;
  });
}

/**
 * Returns the ratios of our variants in Fluent Bit to the C output: of CPU if the endpoint responds immediately, else of the time
 * from the first request to the last, which depends on the latency.
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

/** Returns the ratios below the tolerated share of the committed ones; ignores ratios that only one side has. */
export function fallsOf(committed: Ratios, now: Ratios): Fall[] {
  const falls: Fall[] = [];
  for (const [what, ratio] of now) {
    const before = committed.get(what);
    if (before !== undefined && !(ratio >= before * TOLERATED_SHARE)) falls.push({ what, committed: before, now: ratio });
  }
  return falls;
}
