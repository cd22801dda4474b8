/** Tests that the tools are single files that need only Node.js, with the same bytes each time. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Tools {
  readonly tools: readonly string[];
  readonly bundleTools: () => Promise<{
    readonly texts: ReadonlyMap<string, string>;
    readonly metafile: { readonly outputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>> };
  }>;
  readonly writeTools: (folder: string) => Promise<string[]>;
}

const script = "../../../scripts/tools.mjs";
const { tools, bundleTools, writeTools } = (await import(script)) as Tools;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "tools-"));
  await writeTools(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the tools", () => {
  it("import only modules of Node.js", async () => {
    const { metafile } = await bundleTools();
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((each) => each.path.replace(/^node:/u, "")));
    expect(imported).toContain("fs");
    expect(imported.filter((name) => !builtinModules.includes(name))).toEqual([]);
  });

  it("have the same bytes each time, and do not contain this folder's path", async () => {
    const { texts } = await bundleTools();
    for (const [name, text] of texts) {
      expect(readFileSync(path.join(folder, name), "utf8") === text, name).toBe(true);
      expect(text.includes(path.resolve(".")), name).toBe(false);
    }
  });

  it.each(tools)("%s starts, and prints its own command in the help", (tool) => {
    const file = path.join(folder, `${tool}.mjs`);
    expect(statSync(file).mode & 0o111).toBe(0o111);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, "--help"], { cwd: folder, encoding: "utf8" });
    expect(stdout).toContain(`\n  node ${tool}.mjs `);
    expect([status, stderr]).toEqual([0, ""]);
    const wrong = spawnSync(process.execPath, [file, "--nothing"], { cwd: folder, encoding: "utf8" });
    expect(wrong.stderr).toContain(`${tool}: unknown option --nothing; the options are --`);
    expect(wrong.status).toBe(2);
  });
});
