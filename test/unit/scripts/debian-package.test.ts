/** Tests that a package is downloaded also without package lists, and that an unavailable one is reported. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

interface PackageModule {
  readonly downloadPackage: (name: string, folder: string) => string;
}
const { downloadPackage } = (await import(new URL("../../../scripts/debian-package.mjs", import.meta.url).href)) as PackageModule;

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "debian-package-"));
  target = path.join(folder, "debs");
  for (const name of ["debs", "programs"]) mkdirSync(path.join(folder, name));
  vi.stubEnv("PATH", `${path.join(folder, "programs")}:/usr/bin:/bin`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** An apt-get that can download after `update`, shell commands, has succeeded once. */
function provideApt(update: string): void {
  provide("id", "echo 0");
  provide(
    "apt-get",
    `echo "$*" >>${folder}/calls
case "$*" in
  *update*) ${update}; : >${folder}/lists ;;
  *) [ -e ${folder}/lists ] || { echo "E: Unable to locate package libx1" >&2; exit 100; }; : >libx1_1.0_amd64.deb ;;
esac`,
  );
}

function provide(name: string, does: string): void {
  const program = path.join(folder, "programs", name);
  writeFileSync(program, `#!/bin/sh\n${does}\n`);
  chmodSync(program, 0o755);
}
const calls = (): string[] => readFileSync(path.join(folder, "calls"), "utf8").trim().split("\n");

describe("a package", () => {
  it("is downloaded with the existing lists", () => {
    provideApt("true");
    writeFileSync(path.join(folder, "lists"), "");
    expect(downloadPackage("libx1", target)).toBe(path.join(target, "libx1_1.0_amd64.deb"));
    expect(calls()).toHaveLength(1);
  });

  it("is downloaded after fetching missing lists", () => {
    provideApt("true");
    expect(downloadPackage("libx1", target)).toBe(path.join(target, "libx1_1.0_amd64.deb"));
    expect(calls()).toHaveLength(3);
  });

  it("is reported by name when it is unavailable", () => {
    provideApt("exit 100");
    expect(() => downloadPackage("libx1", target)).toThrow("the package libx1 cannot be downloaded");
    expect(calls()).toHaveLength(2);
  });

  it("is not retried with new lists by a user who may not fetch them", () => {
    provideApt("true");
    provide("id", "echo 1000");
    expect(() => downloadPackage("libx1", target)).toThrow("the package libx1 cannot be downloaded");
    expect(calls()).toHaveLength(1);
  });

  it("cannot be downloaded without apt-get", () => {
    vi.stubEnv("PATH", path.join(folder, "programs"));
    expect(() => downloadPackage("libx1", target)).toThrow("the package libx1 cannot be downloaded");
  });
});
