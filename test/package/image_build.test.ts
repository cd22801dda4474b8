/** Tests the build of aws-for-fluent-bit without Docker: its commands for the plugin, on a clone. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROOT } from "../support/host_program.js";

vi.setConfig({ testTimeout: 300_000 });

// The commands of scripts/dockerfiles/build/Dockerfile.compile-plugins of aws-for-fluent-bit (3.4.5).
const checkout = 'git fetch --all --tags && git checkout "tags/$KINESIS_PLUGIN_TAG" -b "$KINESIS_PLUGIN_TAG" && git describe --tags';
const download = "go mod download || ( go env -w GOPROXY=direct && go mod download )";

const hasGo = spawnSync("go", ["version"]).status === 0;
const isClone = existsSync(join(ROOT, ".git"));

describe.skipIf(!isClone)("the build of aws-for-fluent-bit", () => {
  let folder: string;
  let clone: string;
  /** Allows git to clone from folders of any owner. */
  const gitEnvironment = () => ({ ...process.env, GIT_CONFIG_GLOBAL: join(folder, "gitconfig") });
  const run = (command: string): string =>
    execFileSync("sh", ["-ec", command], { cwd: clone, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...gitEnvironment(), GO111MODULE: "on", KINESIS_PLUGIN_TAG: "v0.0.0-image" } });

  beforeAll(() => {
    // Not in /tmp: hard links to npm's packages need the same file system.
    folder = mkdtempSync(join(ROOT, "build", "image-build-"));
    writeFileSync(join(folder, "gitconfig"), "[safe]\n  directory = *\n[user]\n  name = test\n  email = test@example.com\n");
    const origin = join(folder, "origin.git");
    const env = gitEnvironment();
    execFileSync("git", ["clone", "-q", "--bare", ROOT, origin], { env });
    execFileSync("git", ["tag", "-a", "-m", "image", "v0.0.0-image"], { cwd: origin, env });
    clone = join(folder, "kinesis-streams");
    execFileSync("git", ["clone", "-q", origin, clone], { env });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("checks out a tag and makes the files that the image copies", () => {
    expect(run(checkout)).toBe("v0.0.0-image\n");
    if (hasGo) run(download);
    // The npm packages of the same lock file, so that they are not fetched again.
    execFileSync("cp", ["-al", join(ROOT, "node_modules"), join(clone, "node_modules")]);
    run("touch node_modules/.package-lock.json; make release");
    for (const file of ["bin/kinesis.so", "LICENSE", "THIRD-PARTY"]) expect(existsSync(join(clone, file)), file).toBe(true);
    expect(readFileSync(join(clone, "bin/kinesis.so")).subarray(1, 4).toString()).toBe("ELF");
    expect(run("git status --porcelain"), "the build leaves the sources as they are").toBe("");
  });
});
