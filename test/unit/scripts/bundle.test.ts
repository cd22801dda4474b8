/** Tests that the bundle has scripts that the shim can run separately, and the same bytes every time. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const project = fileURLToPath(new URL("../../../", import.meta.url));
let folders: string[];
let bundles: string[];

/** Bundles a copy of the project in another folder. */
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

interface Loaded {
  readonly exports: readonly string[];
  readonly scripts: readonly string[];
  readonly modules: readonly string[];
}

/** Runs the first script as the shim does; returns its exports, and the scripts and Node modules that it loaded. */
function loadMain(): Loaded {
  const script = `const text = require("fs").readFileSync(0, "latin1");
    const end = text.indexOf("\\n");
    let offset = end + 1;
    const places = new Map(JSON.parse(text.slice(0, end)).map(([name, bytes]) => [name, [offset, offset += bytes]]));
    const scripts = [], modules = [];
    const load = (name) => {
      if (!places.has(name)) return modules.push(name), require(name);
      const module = { exports: {} };
      scripts.push(name);
      (0, eval)(text.slice(...places.get(name)))(module, module.exports, load);
      return module.exports;
    };
    const exports = Object.keys(load("./main.js"));
    console.log(JSON.stringify({ exports, scripts, modules }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { input: bundles[0] ?? "", encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Loaded;
}

beforeAll(() => {
  folders = ["one-", "another-"].map((name) => mkdtempSync(join(tmpdir(), name)));
  bundles = folders.map((folder, index) => bundleCopy(folders[index - 1] ?? project, folder));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe("the bundle", () => {
  it("has the same bytes for a project in any folder", () => {
    expect(bundles[0]).toBe(bundles[1]);
    for (const folder of folders) expect(bundles[0]).not.toContain(folder);
  });

  it("is plain ASCII", () => {
    expect(bundles[0]?.match(/.{0,20}\P{ASCII}.{0,20}/gu)).toBeNull();
  });

  it("contains no import(), since a bare script has no module loader", () => {
    expect(bundles[0]).not.toMatch(/[^\w$.]import\(/);
  });

  it("begins with a table whose sizes add up to the bundle", () => {
    const [line = ""] = bundles[0]?.split("\n", 1) ?? [];
    const table = JSON.parse(line) as [name: string, bytes: number][];
    expect(table.reduce((sum, [, bytes]) => sum + bytes, line.length + 1)).toBe(bundles[0]?.length);
  });

  it("exports start, and loads the SDK, proxies and compression only when needed", () => {
    const { exports, scripts, modules } = loadMain();
    expect(exports).toEqual(["start"]);
    expect(scripts[0]).toBe("./main.js");
    expect(scripts.filter((name) => !/^\.\/(main|chunk-\w+)\.js$/.test(name))).toEqual([]);
    // The modules of Node that take over a millisecond to load.
    const slow = /^(node:)?(crypto|dns|fs|http2?|https|net|tls|zlib)$/;
    expect(modules.filter((name) => slow.test(name))).toEqual([]);
  });

  it("has the way from a chunk to a request's body in one script, since calls between scripts go through a getter", () => {
    const script = `import("./scripts/bundle.mjs").then(async ({ bundleCore }) => {
      const { outputs } = await bundleCore({ write: false });
      console.log(JSON.stringify(Object.entries(outputs).map(([name, { inputs }]) => [name, Object.keys(inputs)])));
    });`;
    const { stdout } = spawnSync(process.execPath, ["-e", script], { cwd: project, encoding: "utf8" });
    const scripts = JSON.parse(stdout) as [string, string[]][];
    const isOnTheWay = (file: string) => /^src\/((chunk|record|bytes|pack)\/(?!(?:snappy_|zstd_)?compression|checksums|md5_package)|kinesis\/(json|cbor)_body\.ts)/.test(file);
    const holding = scripts.filter(([, files]) => files.some(isOnTheWay));
    expect(holding.map(([name]) => name)).toEqual(["build/main.js"]);
    expect(holding[0]?.[1].filter(isOnTheWay).length).toBeGreaterThan(20);
  });

  it("has separate scripts for code that only some outputs need", () => {
    const names = bundles[0]?.split("\n", 1)[0] ?? "";
    for (const name of ["api", "proxy_agents", "profile_provider", "role_providers", "instance_metadata", "md5_package", "compression", "profile_region"]) {
      expect(names).toContain(`"./${name}-`);
    }
  });
});
