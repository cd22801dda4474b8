// The documents agree with the code: options, metrics, and the files, tests and headings that they name.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { optionNames } from "../../src/options/config.js";
import { hostFaults } from "../../scripts/check/host_faults.js";
import { metricDefinitions } from "../../src/telemetry/metrics.js";
import { ROOT } from "../support/plugin_host.js";

const documents = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...["ARCHITECTURE", "COMPATIBILITY", "FLUENT-BIT", "LINUX", "MIGRATION", "TUNING", "WINDOWS"].map((name) => `docs/${name}.md`)];
const textOf = (document: string): string => readFileSync(path.join(ROOT, document), "utf8");
const readme = textOf("README.md");

const files = ["src", "native", "test", "scripts", "examples"].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => `/${folder}/${file}`),
);

/** The names in the first column of the table under a heading. */
function namesUnder(heading: string): string[] {
  const section = readme.split(/^## /mu).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const rows = [...section.matchAll(/^\| (`[^|]+`) \|/gmu)];
  return rows.flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/gu)].map(([, name = ""]) => name));
}

it("README lists each option once", () => {
  expect(namesUnder("Options").sort()).toEqual([...optionNames].sort());
});

describe("README's metrics", () => {
  const definitions = metricDefinitions("kinesis.0", "my-stream");

  it("are those of the plugin", () => {
    expect(namesUnder("Metrics").sort()).toEqual(definitions.map(({ name }) => name).sort());
  });

  it.each(definitions.filter(({ labelKeys }) => labelKeys.length > 2).map(({ name, series }) => [name, series.map((labels) => labels.at(-1))] as const))(
    "name each value of the label of %s",
    (name, values) => {
      const row = readme.split("\n").find((line) => line.startsWith(`| \`${name}\``));
      for (const value of values) expect(row).toContain(`\`${value}\``);
    },
  );
});

it("the table of Fluent Bit's faults is that of npm run check", () => {
  const rows = hostFaults.map(({ versions, where, what, advice }) => `| ${versions} | ${where} | ${what} | ${advice} |`);
  const table = /^\| versions \| where .*\n\|---.*\n((?:\|.*\n)+)/mu.exec(textOf("docs/FLUENT-BIT.md"))?.[1] ?? "";
  expect(table.trimEnd().split("\n")).toEqual(rows);
  for (const { first, last, versions } of hostFaults) {
    for (const version of versions.match(/\d+\.\d+\.\d+/gu) ?? []) expect([first.join("."), last?.join(".") ?? "5.1.1"]).toContain(version);
  }
});

/** As the web page of a repository makes them: small letters, and dashes for blanks. */
function anchorsOf(document: string): string[] {
  const headings = [...textOf(document).matchAll(/^#+ (.+)$/gmu)].map(([, heading = ""]) => heading);
  return headings.map((heading) => heading.toLowerCase().replaceAll(/[^\w\- ]/gu, "").replaceAll(" ", "-"));
}

describe.each(documents)("%s", (document) => {
  const text = textOf(document);

  it("has links that lead to files and headings", () => {
    for (const [, target = "", anchor] of text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/gu)) {
      const linked = target === "" ? document : path.join(path.dirname(document), target);
      expect(existsSync(path.join(ROOT, linked)), linked).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(linked), `${linked}#${anchor}`).toContain(anchor);
    }
  });

  it("names files that exist", () => {
    for (const [, named = ""] of text.matchAll(/`((?:…\/)?[\w./-]+\.(?:ts|mjs|cc|S))`/gu)) {
      const end = named.replace("…", "");
      expect(files.some((file) => file.endsWith(end.startsWith("/") ? end : `/${end}`)), named).toBe(true);
    }
  });
});
