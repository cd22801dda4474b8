/** Tests that Fluent Bit and the plugin accept the configurations in the documents. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../scripts/check/check.js";
import { codeBlocksOf, documents, textOf } from "../support/documents.js";

const folder = mkdtempSync(path.join(tmpdir(), "documents-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the errors in a block, which is YAML if it begins with a name and a colon. */
async function errorsIn(block: string): Promise<string[]> {
  const file = path.join(folder, /^\w+:/u.test(block) ? "fluent-bit.yaml" : "fluent-bit.conf");
  writeFileSync(file, `${block}\n`);
  const { findings } = await check(file, {});
  return findings.filter(({ severity }) => severity === "error").map(({ message }) => message);
}

const blocks = documents.flatMap((document) =>
  codeBlocksOf(textOf(document))
    .filter((block) => /^\[OUTPUT\]$/mu.test(block) || /^pipeline:$/mu.test(block))
    .map((block, at) => [document, at + 1, block] as const),
);

describe("the configurations of the documents", () => {
  it("are found, and so is an error in one of them", async () => {
    expect(blocks.map(([document]) => document)).toEqual(expect.arrayContaining(["README.md", "docs/OPTIONS.md", "docs/DELIVERY.md"]));
    expect(blocks.filter(([document]) => document === "README.md")).toHaveLength(2);
    const [, , first = ""] = blocks[0] ?? [];
    expect(await errorsIn(first.replace("partition_key", "partition-key"))).toEqual([expect.stringContaining("partition-key")]);
  });

  it.each(blocks)("in %s, block %i, have no errors", async (_document, _at, block) => {
    expect(await errorsIn(block)).toEqual([]);
  });
});
