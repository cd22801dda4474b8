/** Tests the archive for Linux: its contents, its sums, and equal bytes independent of the files' times. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PLUGIN, ROOT } from "../support/host_program.js";

vi.setConfig({ testTimeout: 120_000 });

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
const machine = process.arch;
const NAME = `kinesis-linux-${machine}-${version}`;

let folder: string;

function pack(into: string, environment: NodeJS.ProcessEnv = {}): Buffer {
  const copy = join(folder, "kinesis.so");
  copyFileSync(PLUGIN, copy);
  const env = { ...process.env, BUNDLE_LIBNODE: "", SOURCE_DATE_EPOCH: "1700000000", ...environment };
  execFileSync(process.execPath, ["scripts/package.mjs", copy, join(folder, into)], { cwd: ROOT, env });
  return readFileSync(join(folder, into, `${NAME}.tar.gz`));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "package-"));
  pack("first");
  execFileSync("tar", ["-xzf", join(folder, "first", `${NAME}.tar.gz`), "-C", folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the archive", () => {
  it("has the plugin, its papers and its examples in one folder", () => {
    const names = readdirSync(join(folder, NAME)).sort();
    expect(names).toEqual(["CHANGELOG.md", "CONTRIBUTING.md", "INSTALL.md", "LICENSE", "README.md", "SECURITY.md", "SHA256SUMS", "THIRD-PARTY", "docs", "examples", "kinesis.cdx.json", "kinesis.so", "test", "tools"]);
    expect(readFileSync(join(folder, NAME, "kinesis.so")).equals(readFileSync(PLUGIN))).toBe(true);
    expect(readdirSync(join(folder, NAME, "examples"))).toContain("fluent-bit.conf");
  });

  it("has all files that its texts link to", () => {
    const texts = readdirSync(join(folder, NAME), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
    expect(texts).toEqual(expect.arrayContaining(["INSTALL.md", "README.md", join("docs", "TUNING.md"), join("examples", "README.md")]));
    for (const text of texts) {
      for (const [, target = ""] of readFileSync(join(folder, NAME, text), "utf8").matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
        expect(existsSync(join(folder, NAME, dirname(text), target)), `${text}: ${target}`).toBe(true);
      }
    }
  });

  it("has the sum of each of its files, in the form of sha256sum", () => {
    const said = execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: join(folder, NAME), encoding: "utf8" });
    const checked = said.trim().split("\n").map((line) => line.replace(/: OK$/, ""));
    const files = execFileSync("find", [".", "-type", "f", "!", "-name", "SHA256SUMS"], { cwd: join(folder, NAME), encoding: "utf8" });
    expect(checked.sort()).toEqual(files.trim().split("\n").map((file) => file.slice(2)).sort());
  });

  it("has the tools, which run from its folder", () => {
    const args = [join(folder, NAME, "tools/check.mjs"), join("examples", "fluent-bit.conf")];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: join(folder, NAME), env: { PATH: "/nowhere" }, encoding: "utf8" });
    expect(stdout).toMatch(/^1 kinesis output(?: for Fluent Bit \S+)?: 0 errors, 0 warnings, 0 hints\.\n$/u);
    expect(status).toBe(0);
    expect(readdirSync(join(folder, NAME, "tools")).sort()).toEqual(["check.mjs", "resend.mjs", "tail.mjs", "watch.mjs"]);
  });

  it("has the bill of materials of its own library", () => {
    const bill = readFileSync(join(folder, NAME, "kinesis.cdx.json"), "utf8");
    expect(bill).toContain(execFileSync("sha256sum", [PLUGIN], { encoding: "utf8" }).slice(0, 64));
  });

  it("belongs to root, is readable by all, and is dated SOURCE_DATE_EPOCH", () => {
    const list = execFileSync("tar", ["--utc", "--numeric-owner", "-tvzf", join(folder, "first", `${NAME}.tar.gz`)], { encoding: "utf8" });
    for (const line of list.trim().split("\n")) expect(line).toMatch(/^(drwxr-xr-x|-rw[x-]r-[x-]r-[x-]) 0\/0 +\d+ 2023-11-14 22:13 kinesis-linux-/);
  });

  it("has the same bytes again, also with another time of the library, but not with another SOURCE_DATE_EPOCH", () => {
    const first = readFileSync(join(folder, "first", `${NAME}.tar.gz`));
    utimesSync(join(folder, "kinesis.so"), 1, 1);
    expect(pack("second").equals(first)).toBe(true);
    expect(pack("third", { SOURCE_DATE_EPOCH: "1700000001" }).equals(first)).toBe(false);
  });

  it("has no name or time in gzip's header", () => {
    const header = readFileSync(join(folder, "first", `${NAME}.tar.gz`)).subarray(0, 8);
    expect([...header]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
  });

  it("is not made with an invalid SOURCE_DATE_EPOCH, or of a library for another machine", () => {
    const run = (file: string, epoch: string) =>
      spawnSync(process.execPath, ["scripts/package.mjs", file, join(folder, "none")], {
        cwd: ROOT,
        env: { ...process.env, BUNDLE_LIBNODE: "", SOURCE_DATE_EPOCH: epoch },
        encoding: "utf8",
      });
    const { status, stderr } = run(PLUGIN, "yesterday");
    expect(status).not.toBe(0);
    expect(stderr).toContain("SOURCE_DATE_EPOCH is yesterday");
    expect(run(join(ROOT, "LICENSE"), "1").stderr).toContain("is not a library for x86-64 or arm64");
  });
});
