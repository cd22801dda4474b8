/** The check of the imports finds cycles and breaches of the house rules, and passes what is allowed. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../../scripts/check-imports.mjs", import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imports-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the check on a folder with these files, each given as what it imports. */
function check(files: Record<string, string[]>): { status: number | null; complaints: string } {
  for (const [name, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), imports.map((from) => `import { x } from "${from}";\n`).join(""));
  }
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  return { status, complaints: stderr };
}

describe("the check of the imports", () => {
  it("is silent on what is allowed", () => {
    const files = {
      "main.ts": ["./binding.js", "./send/kinesis_client.js"],
      "binding.ts": [],
      "send/kinesis_client.ts": ["@aws-sdk/client-kinesis", "node:https"],
      "compress/node_zlib.ts": ["node:zlib"],
      "record/a.ts": ["../decode/b.js", "./c.js"],
      "record/c.ts": ["../decode/b.js"],
      "decode/b.ts": [],
    };
    expect(check(files)).toEqual({ status: 0, complaints: "" });
  });

  it("shows a cycle with all its files", () => {
    const { status, complaints } = check({ "a.ts": ["./b.js"], "b.ts": ["./c/d.js"], "c/d.ts": ["../a.js"] });
    expect(status).toBe(1);
    expect(complaints).toBe("import cycle: a.ts -> b.ts -> c/d.ts -> a.ts\n");
  });

  it.each([
    ["send/batch.ts", "@aws-sdk/client-kinesis", "only send/kinesis_client.ts"],
    ["decode/msgpack.ts", "node:buffer", "are pure"],
    ["record/json.ts", "@aws-sdk/core", "are pure"],
    ["aggregate/record.ts", "node:crypto", "are pure"],
    ["compress/gzip.ts", "node:zlib", "only compress/node_zlib.ts"],
    ["credentials/chain.ts", "../send/batcher.js", "beneath send"],
    ["network/proxy.ts", "../send/batcher.js", "beneath send"],
    ["network/proxy.ts", "../credentials/chain.js", "beneath credentials"],
    ["pipeline.ts", "./binding.js", "the binding"],
    ["send/sender.ts", "../binding.js", "the binding"],
  ])("refuses %s importing %s", (file, target, reason) => {
    const { status, complaints } = check({ [file]: [target] });
    expect(status).toBe(1);
    expect(complaints).toContain(`${file} imports`);
    expect(complaints).toContain(reason);
  });
});
