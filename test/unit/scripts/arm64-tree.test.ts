/** What the tests on arm64 need and can't have is no failure, and is told in one line. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;

function provide(name: string, does: string): void {
  writeFileSync(join(folder, "programs", name), `#!/bin/sh\n${does}\n`);
  chmodSync(join(folder, "programs", name), 0o755);
}

function run(): { status: number | null; stdout: string; kept: string } {
  const { status, stdout } = spawnSync("/bin/sh", [join(folder, "scripts", "arm64_tree.sh")], {
    // No folder of the machine itself: the script adds /usr/sbin and /sbin, where debootstrap may be, but never the compiler.
    env: { PATH: join(folder, "programs") },
    encoding: "utf8",
  });
  return { status, stdout, kept: readFileSync(join(folder, "build", "arm64", "environment"), "utf8") };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "arm64-tree-"));
  for (const name of ["scripts", "programs"]) mkdirSync(join(folder, name));
  for (const name of ["arm64_tree.sh", "found_tools.sh"]) {
    copyFileSync(fileURLToPath(new URL(`../../../scripts/${name}`, import.meta.url)), join(folder, "scripts", name));
  }
  for (const tool of ["dirname", "mkdir", "mv", "cat", "tr", "sed"]) symlinkSync(`/usr/bin/${tool}`, join(folder, "programs", tool));
  provide("id", "echo 0");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the tree for arm64", () => {
  it("is skipped without root", () => {
    provide("id", "echo 1000");
    const { status, stdout, kept } = run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_ARM64_SKIPPED='only root .*'\n$/);
    expect(kept).toBe(stdout);
  });

  it.each([
    ["where there is no apt-get", undefined, /can.*t be installed: debootstrap g\+\+-aarch64-linux-gnu qemu-user-static/],
    ["where apt-get fails", "exit 1", /can.*t be installed/],
    ["where apt-get does not help", "true", /still missing/],
  ])("is skipped, with the packages' names, %s", (_, aptGet, reason) => {
    if (aptGet !== undefined) provide("apt-get", aptGet);
    const { status, stdout } = run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_ARM64_SKIPPED='/);
    expect(stdout).toMatch(reason);
  });
});
