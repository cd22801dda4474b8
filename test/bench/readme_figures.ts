// Writes the tables of figures from the results into docs/BENCHMARKS.md, between its two marks.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Summary, TITLES } from "./fluent_bit/comparison.js";
import type { Slope } from "./fluent_bit/slope.js";
import type { Standstill } from "./fluent_bit/standstill.js";
import { outputNames } from "./picture.js";
import type { Results } from "./results.js";
import { figure } from "./table.js";

const readme = path.resolve("docs/BENCHMARKS.md");
const begin = "<!-- figures: written by make bench -->\n";
const end = "<!-- end of figures -->";
const outputs = ["ours", "c", "peer"];
/** Usual latency of a PutRecords. */
const leadingLatencyMs = 20;

type Of = (output: string) => number;

/** A row or column of a table: its title, digits, and value for an output (NaN if there is none). */
interface Row {
  readonly what: string;
  readonly digits: number;
  readonly of: Of;
}

function rowsOf({ fluentBit, slopes, standstills, rest, host }: Results): Row[] {
  const summaryOf = (title: string, variant: string): Summary | undefined =>
    fluentBit.find((comparison) => comparison.title === title)?.summaries.find((summary) => summary.variant === variant);
  const plain = (value: (summary: Summary) => number): Of => (output) => {
    const summary = summaryOf(TITLES.plain, output);
    return summary === undefined ? NaN : value(summary);
  };
  const bestWall: Of = (output) => {
    const all = fluentBit.find(({ title }) => title === TITLES.plain)?.summaries ?? [];
    const walls = all.filter(({ variant }) => variant.split("-")[0] === output).map(({ wallSeconds }) => wallSeconds);
    return walls.length === 0 ? NaN : Math.min(...walls);
  };
  const gzipAdds: Of = (output) => {
    const comparison = fluentBit.find(({ title }) => title === TITLES.gzip);
    const cpu = (variant: string) => summaryOf(TITLES.gzip, variant)?.cpuSeconds ?? NaN;
    return ((cpu(`${output}-gzip`) - cpu(output)) * 1e6) / (comparison?.records ?? NaN);
  };
  const aggregation: Of = (output) => summaryOf(TITLES.aggregation, `${output}-aggregation`)?.outputCpuSeconds ?? NaN;
  const ours = (value: number): Of => (output) => (output === "ours" ? value : NaN);
  const slope = (value: (slope: Slope) => number): Of => of(slopes, value);
  const standstill = (value: (standstill: Standstill) => number): Of => of(standstills, value);
  return [
    { what: "CPU of the output, s", digits: 2, of: plain(({ outputCpuSeconds }) => outputCpuSeconds) },
    { what: "CPU of the output for each record more, µs", digits: 1, of: slope(({ cpuMicrosecondsPerRecord }) => cpuMicrosecondsPerRecord) },
    { what: "CPU of the output that is left at no records, s", digits: 2, of: slope(({ cpuSecondsAtZero }) => cpuSecondsAtZero) },
    { what: "time to the last request, s", digits: 1, of: plain(({ wallSeconds }) => wallSeconds) },
    { what: "the same with the best of 0 to 2 `workers`, s", digits: 1, of: bestWall },
    { what: "bytes on the wire, MB", digits: 0, of: plain(({ wireMegabytes }) => wireMegabytes) },
    { what: "the same with `request_format cbor`, MB", digits: 0, of: ours(summaryOf(TITLES.plain, "ours-cbor")?.wireMegabytes ?? NaN) },
    { what: "peak memory of Fluent Bit, MiB", digits: 0, of: plain(({ peakRssMib }) => peakRssMib) },
    { what: "CPU of the output with `aggregation`, s", digits: 2, of: aggregation },
    { what: "CPU that `compression gzip` adds, µs a record", digits: 1, of: gzipAdds },
    { what: "memory of Fluent Bit at rest, MiB", digits: 0, of: of(rest, ({ rssMib }) => rssMib) },
    { what: "silent endpoint: lines of another output in 10 s", digits: 0, of: standstill(({ lines }) => lines) },
    { what: "silent endpoint: slowest response of Fluent Bit's HTTP server, ms", digits: 0, of: standstill((of) => of.slowestAnswerMs) },
    { what: "silent endpoint: from SIGTERM to the end (`Grace` 5), s", digits: 1, of: standstill((of) => (of.isKilled ? Infinity : of.endSeconds)) },
    { what: "start-up added, ms", digits: 0, of: ours(host.startMilliseconds) },
    { what: "a flush of 10 records, ms", digits: 2, of: ours(host.flushMilliseconds) },
  ];
}

/** Returns a function for the value of an output's variant without options. */
function of<Figures extends { readonly variant: string }>(all: readonly Figures[], value: (figures: Figures) => number): Of {
  return (output) => {
    const found = all.find(({ variant }) => variant === output);
    return found === undefined ? NaN : value(found);
  };
}

function cell(value: number, digits: number): string {
  return value === Infinity ? "never" : figure(value, digits).replace(/^-$/, "–");
}

/** Returns the rows of the first table: one per output, with its own defaults. */
function latencyTable({ fluentBit }: Results): string[] {
  const at = (latencyMs: number) => fluentBit.find((comparison) => comparison.title === TITLES.latency && comparison.latencyMs === latencyMs);
  const leading = at(leadingLatencyMs);
  if (leading === undefined) return [];
  const firstToLast = (latencyMs: number): Of => of(at(latencyMs)?.summaries ?? [], ({ firstToLastSeconds }) => firstToLastSeconds);
  const columns: Row[] = [
    { what: `first to last request at ${leadingLatencyMs} ms, s`, digits: 2, of: firstToLast(leadingLatencyMs) },
    { what: "at 0 ms, s", digits: 2, of: firstToLast(0) },
    { what: "CPU of the output, s", digits: 2, of: of(leading.summaries, ({ outputCpuSeconds }) => outputCpuSeconds) },
    { what: "peak memory, MiB", digits: 0, of: of(leading.summaries, ({ peakRssMib }) => peakRssMib) },
  ];
  return [
    `An endpoint that responds after ${leadingLatencyMs} ms, ${leading.records.toLocaleString("en")} container logs, the default configuration:`,
    "",
    `| | ${columns.map(({ what }) => what).join(" | ")} |`,
    `|---|${columns.map(() => "---|").join("")}`,
    ...outputs.map((output) => `| ${outputNames[output] ?? output} | ${columns.map((column) => cell(column.of(output), column.digits)).join(" | ")} |`),
    "",
  ];
}

/** Returns two Markdown tables: the effect of latency on each output, then all figures with an immediate endpoint. */
export function figuresOf(results: Results): string {
  const { date, machine, versions, fluentBit } = results;
  const lines = rowsOf(results).map(({ what, digits, of: valueOf }) => {
    const cells = outputs.map((output) => cell(valueOf(output), digits));
    return `| ${what} | ${cells.join(" | ")} |`;
  });
  const records = fluentBit.find(({ title }) => title === TITLES.plain)?.records.toLocaleString("en") ?? "no";
  const { processor, cores } = machine;
  return [
    `${date.slice(0, 10)}, ${cores} cores of ${processor}, Fluent Bit ${versions.fluentBit ?? "–"}, ${versions.libnode}.`,
    "",
    ...latencyTable(results),
    `An endpoint that responds immediately, ${records} container logs:`,
    "",
    `| | ${outputs.map((output) => outputNames[output] ?? output).join(" | ")} |`,
    "|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

/** Returns the text with the figures inserted. Throws when the text lacks the marks. */
export function withFigures(text: string, figures: string): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/BENCHMARKS.md has no '${begin.trim()}' and '${end}'`);
  return `${before}${begin}${figures}${end}${after}`;
}

export function writeFigures(results: Results): void {
  writeFileSync(readme, withFigures(readFileSync(readme, "utf8"), figuresOf(results)));
}
