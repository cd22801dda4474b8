// The table of figures in the README, made from the results and put between its two marks.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Summary, TITLES } from "./fluent_bit/comparison.js";
import type { Results } from "./results.js";
import { figure } from "./table.js";

const readme = path.resolve("README.md");
const begin = "<!-- figures: written by make bench -->\n";
const end = "<!-- end of figures -->";
const outputs = ["ours", "c", "peer"];

type Of = (output: string) => number;

/** A row of the table: what is measured, with how many digits, and its value for an output (NaN where there is none). */
interface Row {
  readonly what: string;
  readonly digits: number;
  readonly of: Of;
}

function rowsOf({ fluentBit, rest, host }: Results): Row[] {
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
  return [
    { what: "CPU of the output, s", digits: 2, of: plain(({ outputCpuSeconds }) => outputCpuSeconds) },
    { what: "time to the last request without workers, s", digits: 1, of: plain(({ wallSeconds }) => wallSeconds) },
    { what: "the same with the best of 0 to 2 `workers`, s", digits: 1, of: bestWall },
    { what: "bytes on the wire, MB", digits: 0, of: plain(({ wireMegabytes }) => wireMegabytes) },
    { what: "the same with `request_format cbor`, MB", digits: 0, of: ours(summaryOf(TITLES.plain, "ours-cbor")?.wireMegabytes ?? NaN) },
    { what: "peak memory of Fluent Bit, MiB", digits: 0, of: plain(({ peakRssMib }) => peakRssMib) },
    { what: "CPU of the output with `aggregation`, s", digits: 2, of: aggregation },
    { what: "CPU that `compression gzip` adds, µs a record", digits: 1, of: gzipAdds },
    { what: "memory of Fluent Bit at rest, MiB", digits: 0, of: (output) => rest.find(({ variant }) => variant === output)?.rssMib ?? NaN },
    { what: "start-up added, ms", digits: 0, of: ours(host.startMilliseconds) },
    { what: "a flush of 10 records, ms", digits: 2, of: ours(host.flushMilliseconds) },
  ];
}

/** A table in Markdown. */
export function figuresOf(results: Results): string {
  const { date, machine, versions, fluentBit } = results;
  const lines = rowsOf(results).map(({ what, digits, of }) => {
    const cells = outputs.map((output) => figure(of(output), digits).replace(/^-$/, "–"));
    return `| ${what} | ${cells.join(" | ")} |`;
  });
  const records = fluentBit[0]?.records.toLocaleString("en") ?? "no";
  const { processor, cores } = machine;
  return [
    `${date.slice(0, 10)}, ${cores} cores of ${processor}, Fluent Bit ${versions.fluentBit ?? "–"}, ${versions.libnode}; ${records} container logs:`,
    "",
    "| | this plugin | C output | Go-style peer |",
    "|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

/** Throws when the text has no place for the figures. */
export function withFigures(text: string, figures: string): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has no '${begin.trim()}' and '${end}'`);
  return `${before}${begin}${figures}${end}${after}`;
}

export function writeFigures(results: Results): void {
  writeFileSync(readme, withFigures(readFileSync(readme, "utf8"), figuresOf(results)));
}
