/** Without the tools for Windows, the script gives the reason in one line and does not fail. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;

/** A program that says so, in the only folder of PATH. */
function provide(name: string, says: string): void {
  writeFileSync(join(folder, "programs", name), `#!/bin/sh\n${says}\n`);
  chmodSync(join(folder, "programs", name), 0o755);
}

function run(): { status: number | null; stdout: string; kept: string } {
  const { status, stdout } = spawnSync("/bin/sh", [join(folder, "scripts", "windows_tools.sh")], {
    env: { PATH: join(folder, "programs") },
    encoding: "utf8",
  });
  return { status, stdout, kept: readFileSync(join(folder, "build", "windows", "environment"), "utf8") };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "windows-tools-"));
  for (const name of ["scripts", "programs"]) mkdirSync(join(folder, name));
  for (const name of ["windows_tools.sh", "found_tools.sh"]) {
    copyFileSync(fileURLToPath(new URL(`../../../scripts/${name}`, import.meta.url)), join(folder, "scripts", name));
  }
  for (const tool of ["dirname", "mkdir", "mv", "cat", "tr", "sed"]) symlinkSync(`/usr/bin/${tool}`, join(folder, "programs", tool));
  provide("uname", 'case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the tools for Windows", () => {
  it("are asked of root, by their names, when they are missing", () => {
    provide("id", "echo 1000");
    provide("apt-get", "exit 1");
    const { status, stdout, kept } = run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_WINDOWS_SKIPPED='.*apt-get install .*g\+\+-mingw-w64-x86-64-posix wine64 wine'\n$/);
    expect(kept).toBe(stdout);
  });

  it("are skipped where there is no apt-get", () => {
    const { status, stdout } = run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_WINDOWS_SKIPPED='.*no apt-get/);
  });

  it("are skipped when root can't install them", () => {
    provide("id", "echo 0");
    provide("apt-get", "exit 1");
    provide("apt-cache", "true");
    provide("grep", "exit 1");
    const { status, stdout } = run();
    expect(status).toBe(0);
    expect(stdout).toContain("SKIPPED='apt-get update failed'");
  });

  it("are skipped on another kind of machine", () => {
    provide("uname", 'case $1 in -s) echo Linux ;; -m) echo aarch64 ;; esac');
    expect(run().stdout).toMatch(/SKIPPED='.*x86-64'/);
  });
});
