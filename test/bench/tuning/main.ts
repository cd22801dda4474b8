// Runs `make bench-tuning`: the effect of Flush, aggregation and compression on an even load, for docs/TUNING.md.
//
// FLUENT_BIT names the program. Stores the results in test/bench/results as JSON and as a picture.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { barChart, type Section } from "../bar_chart.js";
import { theseVersions, thisMachine } from "../machine.js";
import { programs } from "../settings.js";
import { figure, table } from "../table.js";
import { shardsNeeded } from "./shard_need.js";
import { underLoad } from "./steady_load.js";

const outputs = {
  plain: {},
  gzip: { compression: "gzip" },
  aggregation: { aggregation: "true" },
  "aggregation-gzip": { aggregation: "true", compression: "gzip" },
};
const rates = [100, 1000, 4000];
const flushes = [1, 5, 20];
const leastSeconds = 10;
/** Makes each Flush happen more than once. */
const rounds = 2;
const results = path.resolve("test", "bench", "results");

interface Point {
  readonly linesPerSecond: number;
  readonly flushSeconds: number;
  readonly output: string;
  readonly requestsPerSecond: number;
  readonly entriesPerSecond: number;
  readonly kilobytesPerSecond: number;
  readonly recordsPerEntry: number;
  readonly shards: number;
}

async function measure(fluentBit: string): Promise<Point[]> {
  const points: Point[] = [];
  for (const linesPerSecond of rates) {
    for (const flushSeconds of flushes) {
      const seconds = Math.max(leastSeconds, rounds * flushSeconds);
      console.error(`${linesPerSecond} lines per second, Flush ${flushSeconds}: ${seconds} s`);
      const counts = await underLoad(fluentBit, { linesPerSecond, flushSeconds, seconds }, outputs);
      for (const [output, { requests, entries, bytes }] of counts) {
        const load = { entriesPerSecond: entries / seconds, bytesPerSecond: bytes / seconds };
        points.push({
          linesPerSecond, flushSeconds, output,
          requestsPerSecond: requests / seconds,
          entriesPerSecond: load.entriesPerSecond,
          kilobytesPerSecond: load.bytesPerSecond / 1000,
          recordsPerEntry: (linesPerSecond * seconds) / entries,
          shards: shardsNeeded(load),
        });
      }
    }
  }
  return points;
}

function tableOf(points: readonly Point[]): string {
  const head = ["lines/s", "Flush", "output", "requests/s", "records/s", "kB/s", "lines in a record", "shards"];
  return table(head, points.map((of) => [
    String(of.linesPerSecond),
    `${of.flushSeconds} s`,
    of.output,
    figure(of.requestsPerSecond, 1),
    figure(of.entriesPerSecond, 1),
    figure(of.kilobytesPerSecond, 0),
    figure(of.recordsPerEntry, 0),
    figure(of.shards, 2),
  ]));
}

function sectionsOf(points: readonly Point[]): Section[] {
  return rates.map((rate) => ({
    title: `Shards that ${rate.toLocaleString("en")} container logs a second need`,
    subtitle: "of 1000 records and 1 MiB a second each, partition keys spread evenly",
    rows: Object.keys(outputs).map((output) => ({
      label: output,
      bars: points
        .filter((point) => point.linesPerSecond === rate && point.output === output)
        .map(({ flushSeconds, shards, recordsPerEntry }) => ({
          kind: output.includes("aggregation") ? "ours" as const : "other" as const,
          value: shards,
          text: `${figure(shards, 2)} with Flush ${flushSeconds}, ${figure(recordsPerEntry, 0)} in a record`,
        })),
    })),
  }));
}

async function main(): Promise<void> {
  const named = programs();
  if (named === undefined) throw new Error("FLUENT_BIT is unset");
  const points = await measure(named.fluentBit);
  console.log(tableOf(points));
  const [machine, versions, date] = [thisMachine(), theseVersions(named.fluentBit), new Date().toISOString()];
  writeFileSync(path.join(results, "tuning.json"), `${JSON.stringify({ date, machine, versions, points }, null, 1)}\n`);
  const foot = `${date.slice(0, 10)} · Fluent Bit ${versions.fluentBit ?? ""}, ${versions.libnode}`;
  writeFileSync(path.join(results, "tuning.svg"), barChart("Shards by Flush, aggregation and compression", sectionsOf(points), foot));
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
