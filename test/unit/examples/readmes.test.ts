// Tests the texts of examples/: every folder has a README, every link has a target, every file is named.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { EXAMPLES, exampleText } from "../../support/example_files.js";

const folders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

it("the list names each folder and each configuration", () => {
  const list = exampleText("README.md");
  for (const folder of folders) expect(list).toContain(`(${folder}/README.md)`);
  for (const file of readdirSync(EXAMPLES).filter((name) => /\.(conf|yaml)$/.test(name))) expect(list).toContain(`(${file})`);
});

describe.each(["", ...folders])("examples/%s", (folder) => {
  const text = exampleText(path.join(folder, "README.md"));

  it("has links to existing files", () => {
    for (const [, target = ""] of text.matchAll(/\]\((?!https:)([^)#]+)[^)]*\)/g)) {
      expect(existsSync(path.join(EXAMPLES, folder, target)), target).toBe(true);
    }
  });

  it("has commands on existing files", () => {
    for (const [file] of text.matchAll(/\bexamples\/[\w./-]+\.\w+/g)) {
      expect(existsSync(path.join(EXAMPLES, "..", file)), file).toBe(true);
    }
  });

  it.skipIf(folder === "")("names each of its files and what to change", () => {
    const unnamed = readdirSync(path.join(EXAMPLES, folder)).filter((file) => file !== "README.md" && !text.includes(file));
    expect(unnamed).toEqual([]);
    expect(text).toContain("**What to change:**");
  });
});
