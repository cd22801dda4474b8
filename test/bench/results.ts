// Reads and writes the results of a whole run in test/bench/results.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Summary } from "./fluent_bit/comparison.js";
import type { Rest } from "./fluent_bit/rest.js";
import type { Slope } from "./fluent_bit/slope.js";
import type { Standstill } from "./fluent_bit/standstill.js";
import type { GrowthPoint } from "./growth.js";
import type { HostFigures } from "./host/host_figures.js";
import type { Machine, Versions } from "./machine.js";
import type { StageResult } from "./stage.js";

export interface FluentBitResults {
  readonly title: string;
  readonly records: number;
  /** Time from a request to its response. */
  readonly latencyMs: number;
  readonly runs: number;
  readonly summaries: readonly Summary[];
}

export interface Results {
  /** Date in ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Versions;
  readonly stages: readonly StageResult[];
  /** Growth of encoding, from chunks to request bodies without sending. */
  readonly encodingGrowth: readonly GrowthPoint[];
  readonly host: HostFigures;
  /** Empty without FLUENT_BIT. */
  readonly fluentBit: readonly FluentBitResults[];
  /** Slopes from the fewest to the most records. */
  readonly slopes: readonly Slope[];
  readonly standstills: readonly Standstill[];
  readonly rest: readonly Rest[];
}

const folder = path.resolve("test", "bench", "results");
export const resultsFile = path.join(folder, "results.json");
export const pictureFile = path.join(folder, "results.svg");
const significantDigits = 4;

/** Rounds to four digits, which is finer than the machine's noise. */
function rounded(_key: string, value: unknown): unknown {
  const isFraction = typeof value === "number" && !Number.isInteger(value);
  return isFraction ? Number(value.toPrecision(significantDigits)) : value;
}

export function writeResults(results: Results, picture: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(resultsFile, `${JSON.stringify(results, rounded, 1)}\n`);
  writeFileSync(pictureFile, picture);
}

/** Returns the committed results. */
export function readResults(): Results {
  return JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
}
