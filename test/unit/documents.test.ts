// Tests that the documents match the code: options, metrics, and the files, tests and headings that they name.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { optionNames } from "../../src/options/table.js";
import { hostFaults } from "../../scripts/check/host_faults.js";
import { withPart, writtenParts } from "../../scripts/documents/documents.js";
import { metricDefinitions, metricTable } from "../../src/telemetry/metrics.js";
import { documents, textOf } from "../support/documents.js";
import { ROOT } from "../support/plugin_host.js";

const files = ["src", "native", "test", "scripts", "examples"].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => `/${folder}/${file}`),
);

it.each(writtenParts().map((part) => [part.name, part.document, part] as const))("the table of %s in %s is what `make documents` writes", (_name, document, part) => {
  const text = textOf(document);
  expect(withPart(text, part)).toBe(text);
});

it("a document without a place for a table is rejected with its name", () => {
  const [part] = writtenParts();
  if (part === undefined) throw new Error("no part is written");
  expect(() => withPart("# Options", part)).toThrow("README.md has no place for options");
});

it("docs/OPTIONS.md lists every option, the README some of them", () => {
  const namesIn = (document: string) =>
    writtenParts()
      .filter((part) => part.document === document)
      .flatMap(({ text }) => [...text.matchAll(/^\| `(\w+)`/gmu)].map(([, name = ""]) => name));
  expect(namesIn("docs/OPTIONS.md")).toEqual(optionNames);
  expect(namesIn("README.md")).toContain("region");
  expect(namesIn("README.md").length).toBeLessThan(optionNames.length);
});

it.each(metricTable.map(({ name }) => name))("docs/METRICS.md lists %s with each value of its label", (name) => {
  const row = textOf("docs/METRICS.md").split("\n").find((line) => line.startsWith(`| \`${name}\``));
  const definition = metricDefinitions("kinesis.0", "my-stream").find((metric) => metric.name === name);
  expect(row).toContain(definition?.help.replace(/\.$/u, ""));
  if (definition?.labelKeys.length === 2) return;
  for (const labels of definition?.series ?? []) expect(row).toContain(`\`${labels.at(-1)}\``);
});

it("the table of Fluent Bit's faults equals that of npm run check", () => {
  const rows = hostFaults.map(({ versions, where, what, advice }) => `| ${versions} | ${where} | ${what} | ${advice} |`);
  const table = /^\| versions \| where .*\n\|---.*\n((?:\|.*\n)+)/mu.exec(textOf("docs/FLUENT-BIT.md"))?.[1] ?? "";
  expect(table.trimEnd().split("\n")).toEqual(rows);
  for (const { first, last, versions } of hostFaults) {
    for (const version of versions.match(/\d+\.\d+\.\d+/gu) ?? []) expect([first.join("."), last?.join(".") ?? "5.1.1"]).toContain(version);
  }
});

/** Returns the anchors of a document's headings, as repository pages make them: lower case, with dashes for blanks. */
function anchorsOf(document: string): string[] {
  const headings = [...textOf(document).matchAll(/^#+ (.+)$/gmu)].map(([, heading = ""]) => heading);
  return headings.map((heading) => heading.toLowerCase().replaceAll(/[^\w\- ]/gu, "").replaceAll(" ", "-"));
}

it("the README has at most 180 lines", () => {
  expect(textOf("README.md").split("\n").length).toBeLessThanOrEqual(180);
});

describe.each(documents)("%s", (document) => {
  const text = textOf(document);

  it("links to existing files and headings", () => {
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
