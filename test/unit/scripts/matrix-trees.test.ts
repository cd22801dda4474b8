/** The trees of other Debians: what there is is told, what can't be had is no failure and leaves no half of a tree. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
const placeOf = (suite: string): string => join(folder, "build", "matrix", suite);

/** A program that does so, in the first folder of PATH. */
function provide(name: string, does: string): void {
  writeFileSync(join(folder, "programs", name), `#!/bin/sh\n${does}\n`);
  chmodSync(join(folder, "programs", name), 0o755);
}

function run(suites = "bookworm trixie"): { status: number | null; stdout: string; stderr: string; kept: string } {
  const { status, stdout, stderr } = spawnSync("/bin/sh", [join(folder, "scripts", "matrix_trees.sh")], {
    env: { PATH: join(folder, "programs"), MATRIX: suites },
    encoding: "utf8",
  });
  return { status, stdout, stderr, kept: readFileSync(placeOf("environment"), "utf8") };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "matrix-trees-"));
  for (const name of ["scripts", "programs"]) mkdirSync(join(folder, name));
  for (const name of ["matrix_trees.sh", "found_tools.sh"]) {
    copyFileSync(fileURLToPath(new URL(`../../../scripts/${name}`, import.meta.url)), join(folder, "scripts", name));
  }
  for (const tool of ["dirname", "mkdir", "mv", "cat", "tr", "sed", "rm", "tail"]) symlinkSync(`/usr/bin/${tool}`, join(folder, "programs", tool));
  provide("uname", "case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac");
  provide("id", "echo 0");
  provide("unshare", "true");
  // debootstrap --variant=… --include=… SUITE FOLDER
  provide("debootstrap", 'echo "I: $3"; case $3 in sid) mkdir "$4/half"; exit 1 ;; esac; echo tree >"$4/etc"');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the trees of other Debians", () => {
  it("are made and told, and the line is kept", () => {
    const { status, stdout, kept } = run();
    expect(status).toBe(0);
    expect(stdout).toBe(`export KINESIS_TEST_MATRIX='${placeOf("bookworm")}:${placeOf("trixie")}'\n`);
    expect(kept).toBe(stdout);
    expect(existsSync(join(placeOf("trixie"), "etc"))).toBe(true);
  });

  it("are not made again", () => {
    run();
    provide("debootstrap", "exit 1");
    expect(run().stdout).toContain(placeOf("trixie"));
  });

  it("are told without one that could not be made, of which no half is taken the next time", () => {
    for (let times = 0; times < 2; times++) {
      const { stdout, stderr } = run("bookworm sid");
      expect(stdout).toBe(`export KINESIS_TEST_MATRIX='${placeOf("bookworm")}'\n`);
      expect(stderr).toContain("debootstrap sid failed: I: sid");
    }
  });

  it("are skipped when none can be made", () => {
    expect(run("sid")).toMatchObject({ status: 0, stdout: "export KINESIS_TEST_MATRIX_SKIPPED='debootstrap failed; its output is in build/matrix'\n" });
  });

  it.each([
    ["without root", "id", "echo 1000", /only root/],
    ["without mount namespaces", "unshare", "exit 1", /unshare --mount/],
    ["on another kind of machine", "uname", "echo Linux", /x86-64/],
  ])("are skipped %s", (_, program, does, reason) => {
    provide(program, does);
    const { status, stdout } = run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_MATRIX_SKIPPED='/);
    expect(stdout).toMatch(reason);
  });
});
