// Fits a line through an output's CPU at two numbers of records: the cost of each further record, and the cost without records.
import { figure, table } from "../table.js";
import type { Outcome } from "./compare_outputs.js";
import { NOTHING, REFERENCE, type Summary } from "./comparison.js";

export interface Slope {
  readonly variant: string;
  readonly fewRecords: number;
  readonly manyRecords: number;
  /** CPU of the output per further record. */
  readonly cpuMicrosecondsPerRecord: number;
  readonly toReference: number;
  /** CPU of the output without records, by the line: start, and compiling. */
  readonly cpuSecondsAtZero: number;
}

/** Returns each variant's slope from the smallest to the largest number of records at the same latency; none for one number. */
export function slopesOf(outcomes: readonly Outcome[]): Slope[] {
  const latencyMs = outcomes[0]?.latencyMs;
  const sorted = outcomes.filter((outcome) => outcome.latencyMs === latencyMs).sort((one, other) => one.records - other.records);
  const [few, many] = [sorted[0], sorted.at(-1)];
  if (few === undefined || many === undefined || few.records === many.records) return [];
  const lineOf = (variant: string): { readonly perRecord: number; readonly atZero: number } => {
    const [low, high] = [cpuOf(few.summaries, variant), cpuOf(many.summaries, variant)];
    const perRecord = (high - low) / (many.records - few.records);
    return { perRecord, atZero: low - perRecord * few.records };
  };
  const reference = lineOf(REFERENCE).perRecord;
  return few.summaries
    .filter(({ variant }) => variant.split("-")[0] !== NOTHING)
    .map(({ variant }) => {
      const { perRecord, atZero } = lineOf(variant);
      return {
        variant,
        fewRecords: few.records,
        manyRecords: many.records,
        cpuMicrosecondsPerRecord: perRecord * 1e6,
        toReference: perRecord / reference,
        cpuSecondsAtZero: atZero,
      };
    });
}

function cpuOf(summaries: readonly Summary[], variant: string): number {
  return summaries.find((summary) => summary.variant === variant)?.outputCpuSeconds ?? NaN;
}

/** Returns the slopes as a table for the terminal. */
export function slopeTable(slopes: readonly Slope[]): string {
  const head = ["CPU of the output", "records", "µs for each record more", "× C", "s at zero"];
  const rows = slopes.map((of) => [
    of.variant,
    `${of.fewRecords} to ${of.manyRecords}`,
    figure(of.cpuMicrosecondsPerRecord, 2),
    figure(of.toReference, 2),
    figure(of.cpuSecondsAtZero, 2),
  ]);
  return table(head, rows);
}
