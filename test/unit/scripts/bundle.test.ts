/** The bundle is a script that the shim can run, and the same bytes every time. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const project = fileURLToPath(new URL("../../../", import.meta.url));
let folders: string[];
let bundles: string[];

/** Bundles a copy of the project in a folder of its own. */
function bundleCopy(source: string, folder: string): string {
  for (const name of ["src", "scripts", "package.json", "tsconfig.json"]) {
    cpSync(join(source, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  const { status, stderr } = spawnSync(process.execPath, ["scripts/bundle.mjs"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(join(folder, "build/kinesis.js"), "latin1");
}

beforeAll(() => {
  folders = ["one-", "another-"].map((name) => mkdtempSync(join(tmpdir(), name)));
  bundles = folders.map((folder, index) => bundleCopy(folders[index - 1] ?? project, folder));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe("the bundle", () => {
  it("is the same wherever the project lies", () => {
    expect(bundles[0]).toBe(bundles[1]);
    for (const folder of folders) expect(bundles[0]).not.toContain(folder);
  });

  it("is plain ASCII", () => {
    expect(bundles[0]?.match(/.{0,20}\P{ASCII}.{0,20}/gu)).toBeNull();
  });

  it("leaves no import() to Node, for there is no loader in a bare script", () => {
    expect(bundles[0]).not.toMatch(/[^\w$.]import\(/);
  });

  it("exports start", () => {
    const script = `const module = { exports: {} };
      new Function("module", "exports", "require", require("fs").readFileSync(0, "latin1"))(module, module.exports, require);
      console.log(typeof module.exports.start);`;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { input: bundles[0] ?? "", encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toBe("function\n");
  });
});
