// Tests the Dockerfiles of examples/: instructions, stages, image versions, and that the files they copy exist.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { copiesOf, stagesOf } from "../../support/dockerfile.js";
import { exampleText } from "../../support/example_files.js";
import { ROOT } from "../../support/plugin_host.js";

const names = [
  "docker/debian13.Dockerfile",
  "docker/debian12.Dockerfile",
  "docker/ubuntu24.04.Dockerfile",
  "docker/aws-for-fluent-bit.Dockerfile",
  "ecs-firelens/Dockerfile",
];

const readme = readFileSync(path.join(ROOT, "docs/BUILDING.md"), "utf8");

describe.each(names)("%s", (name) => {
  const text = exampleText(name);
  const stages = stagesOf(text);

  it("pins each base image", () => {
    const own = new Set(stages.map((stage) => stage.name));
    for (const { base } of stages.filter((stage) => !own.has(stage.base))) {
      expect(base).toMatch(/:\d/);
      expect(base).not.toContain("latest");
    }
  });

  it("copies only from earlier stages", () => {
    for (const [position, stage] of stages.entries()) {
      const before = stages.slice(0, position).map((each) => each.name);
      for (const { from } of copiesOf(stage)) if (from !== undefined) expect(before).toContain(from);
    }
  });

  it("copies files of the repository that exist", () => {
    const sources = stages.flatMap(copiesOf).flatMap(({ from, sources: each }) => (from === undefined ? each : []));
    for (const source of sources) expect(existsSync(path.join(ROOT, source)), source).toBe(true);
  });

  it("ends with the plugin, its licences, and Node.js from the base's own distribution", () => {
    const last = stages.at(-1);
    const copied = (last === undefined ? [] : copiesOf(last)).flatMap(({ sources }) => sources);
    for (const file of ["bin/kinesis.so", "LICENSE", "THIRD-PARTY"]) {
      expect(copied.some((source) => source.endsWith(`/${file}`)), file).toBe(true);
    }
    const runs = stages.flatMap(({ instructions }) => instructions).map(({ text: each }) => each);
    expect(runs.some((run) => /install -y.* (libnode\d+|nodejs22-libs)( |$)/.test(run))).toBe(true);
    expect(copied.includes("/collected") || last?.instructions.some((each) => /libnode\d+/.test(each.text))).toBe(true);
  });

  it("installs the packages that docs/BUILDING.md lists", () => {
    const build = stages.find((stage) => stage.instructions.some((each) => each.text === "make release"));
    const system = build?.base.startsWith("amazonlinux:") === true ? "Amazon Linux 2023" : "Debian 12";
    const needed = new RegExp(`^\\| ${system} \\| \`(git [^\`]+)\``, "m").exec(readme)?.[1]?.split(" ") ?? [];
    expect(needed).toContain("cmake");
    const clones = build?.instructions.some((each) => each.text.startsWith("git clone"));
    const words = build?.instructions.flatMap((each) => each.text.split(/\s+/)) ?? [];
    for (const name of needed.filter((each) => clones === true || each !== "git")) expect(words).toContain(name);
  });

  it("copies all files that the build needs, if it does not clone", () => {
    const build = stages.find((stage) => stage.instructions.some((each) => each.text === "make release"));
    expect(build).toBeDefined();
    if (build === undefined || build.instructions.some((each) => each.text.startsWith("git clone"))) return;
    const folder = mkdtempSync(path.join(tmpdir(), "docker-context-"));
    try {
      for (const { sources, target } of copiesOf(build)) {
        const single = sources.length === 1 && !target.endsWith("/");
        for (const source of sources) {
          cpSync(path.join(ROOT, source), path.join(folder, single ? target : path.basename(source)), { recursive: true });
        }
      }
      // A dry run, which fails if a source file is missing.
      const planned = execFileSync("make", ["-n", "release"], { cwd: folder, encoding: "utf8" });
      expect(planned).toMatch(/npm ci[^]*scripts\/bundle\.mjs[^]*cmake-js build/);
      for (const file of ["scripts/bundle.mjs", "CMakeLists.txt", "native/plugin.cc", "src/main.ts"]) {
        expect(existsSync(path.join(folder, file)), file).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the image of aws-for-fluent-bit", () => {
  it.each(["docker/aws-for-fluent-bit.Dockerfile", "ecs-firelens/Dockerfile"])("keeps its own entry point in %s, which an init-* image replaces", (name) => {
    const last = stagesOf(exampleText(name)).at(-1);
    expect(last?.instructions.map(({ name: each }) => each)).not.toEqual(expect.arrayContaining(["CMD"]));
    expect(last?.instructions.map(({ name: each }) => each)).not.toEqual(expect.arrayContaining(["ENTRYPOINT"]));
    const targets = last === undefined ? [] : copiesOf(last).map(({ target }) => target);
    expect(targets, "its start loads this file").toContain("/fluent-bit/kinesis.so");
  });

  it("finds a module without dependencies for its `go mod download`", () => {
    const lines = readFileSync(path.join(ROOT, "go.mod"), "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("//"));
    expect(lines).toEqual([expect.stringMatching(/^module [a-z-]+$/), expect.stringMatching(/^go 1\.\d+$/)]);
  });

  it("gets the packages of docs/BUILDING.md and libnode from the patch", () => {
    const patch = exampleText("docker/aws-for-fluent-bit.patch");
    const added = [...patch.matchAll(/^\+(?!\+\+) *(.*) \\$/gm)].map(([, words = ""]) => words.split(" "));
    expect(added).toHaveLength(2);
    const needed = /^\| Amazon Linux 2023 \| `(git [^`]+)`/m.exec(readme)?.[1]?.split(" ") ?? [];
    // Its own build of Fluent Bit has installed these.
    const there = ["git", "make", "gcc-c++", "cmake"];
    expect(added[0]).toEqual(needed.filter((name) => !there.includes(name)));
    expect(added[1]).toEqual([expect.stringMatching(/^nodejs\d+-libs$/)]);
  });

  it("gets a patch that git can apply", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "aws-image-"));
    try {
      const patch = path.join(ROOT, "examples", "docker", "aws-for-fluent-bit.patch");
      const git = (...args: string[]): string => execFileSync("git", args, { cwd: folder, encoding: "utf8" });
      git("init", "-q");
      for (const [, file = "", hunk = ""] of readFileSync(patch, "utf8").matchAll(/^\+\+\+ b\/(\S+)\n@@.*@@\n([^]*?)(?=^---|$(?![^]))/gm)) {
        mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        // The surrounding lines, which are the image's own.
        const kept = hunk.split("\n").filter((line) => line.startsWith(" ")).map((line) => line.slice(1));
        writeFileSync(path.join(folder, file), `${kept.join("\n")}\n`);
      }
      git("apply", patch);
      const built = readFileSync(path.join(folder, "scripts/dockerfiles/runtime/Dockerfile.deps-al2023"), "utf8");
      expect(built).toMatch(/^ +libstdc\+\+ \\\n +nodejs22-libs \\\n +curl\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
