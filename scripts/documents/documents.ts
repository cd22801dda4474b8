/** Writes the tables of options and metrics into the documents, from the tables that the plugin itself uses. */
import { optionNames, options, type Option } from "../../src/options/table.js";
import { metricTable } from "../../src/telemetry/metrics.js";

/** A generated part of a document. */
export interface WrittenPart {
  readonly document: string;
  /** Name of the part in the two comments that enclose it. */
  readonly name: string;
  readonly text: string;
}

/** Returns all generated parts, each a Markdown table. */
export function writtenParts(): WrittenPart[] {
  return [
    { document: "README.md", name: "options", text: optionTable((option) => option.isCommon === true).replaceAll("](", "](docs/") },
    { document: "docs/OPTIONS.md", name: "options", text: optionTable(() => true) },
    { document: "docs/METRICS.md", name: "metrics", text: metricRows() },
  ];
}

/** Returns the document's text with the part inserted. @throws Error when the document lacks its comments */
export function withPart(text: string, { document, name, text: part }: WrittenPart): string {
  const [begin, end] = [`<!-- ${name}: written by make documents -->\n`, `\n<!-- end of ${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${document} has no place for ${name}: it must have the lines "${begin.trim()}" and "${end.trim()}"`);
  return text.slice(0, from + begin.length) + part + text.slice(to);
}

function optionTable(isListed: (option: Option<unknown>) => boolean): string {
  const rows = optionNames
    .map((name) => [name, options[name] as Option<unknown>] as const)
    .filter(([, option]) => isListed(option))
    .map(([name, { help, fallback, allowed }]) => `| \`${name}\` | ${help} | ${fallback} | ${allowed} |`);
  return ["| option | what it does | default | allowed |", "|---|---|---|---|", ...rows].join("\n");
}

function metricRows(): string {
  const rows = metricTable.map(({ name, kind, help, notes }) => `| \`${name}\` | ${kind} | ${help.replace(/\.$/u, "")}${notes === undefined ? "" : `. ${notes}`} |`);
  return ["| metric, after `fluentbit_kinesis_` | type | what it counts |", "|---|---|---|", ...rows].join("\n");
}
