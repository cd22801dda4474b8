/** Tests that a missing tool is reported in one line with the command that installs it. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const project = fileURLToPath(new URL("../../../", import.meta.url));
const script = join(project, "scripts/check-tools.sh");
let folder: string;

/** Puts a stand-in for each tool, which prints its version, into the only folder of PATH. */
function provide(tools: Record<string, string>): void {
  for (const [name, answer] of Object.entries(tools)) {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho '${answer}'\n`);
    chmodSync(file, 0o755);
  }
}

function check(environment: NodeJS.ProcessEnv = {}, ...args: string[]): { status: number | null; lines: string[] } {
  const { status, stderr } = spawnSync("/bin/sh", [script, ...args], { env: { PATH: folder, ...environment }, encoding: "utf8" });
  return { status, lines: stderr.split("\n").filter((line) => line !== "") };
}

const complete = { node: "v18.18.0", npm: "9.0.0", cmake: "cmake version 3.16.0", "c++": "", make: "" };

function without(tool: keyof typeof complete): Record<string, string> {
  return Object.fromEntries(Object.entries(complete).filter(([name]) => name !== tool));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tools-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the check of the tools", () => {
  it("prints nothing when all tools have exactly the minimum versions", () => {
    provide(complete);
    expect(check()).toEqual({ status: 0, lines: [] });
  });

  it.each([
    ["node", "node is missing", "apt-get install nodejs", "dnf install nodejs"],
    ["npm", "npm is missing", "apt-get install npm", "dnf install nodejs-npm"],
    ["cmake", "cmake is missing", "apt-get install cmake", "dnf install cmake"],
    ["c++", "C++ compiler is missing", "apt-get install g++", "dnf install gcc-c++"],
    ["make", "make is missing", "apt-get install make", "dnf install make"],
  ] as const)("reports a missing %s and how to install it, in one line", (tool, ...parts) => {
    provide(without(tool));
    const { status, lines } = check();
    expect(status).toBe(1);
    expect(lines).toHaveLength(1);
    for (const part of parts) expect(lines[0]).toContain(part);
  });

  it.each([
    ["node", "v18.17.1"],
    ["node", "v16.20.2"],
    ["cmake", "cmake version 3.15.7"],
    ["cmake", "cmake version 2.99.0"],
  ])("rejects %s %s as too old", (tool, answer) => {
    provide({ ...complete, [tool]: answer });
    const { status, lines } = check();
    expect(status).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${tool} `);
    expect(lines[0]).toContain("too old");
  });

  it.each([
    ["node", "v20.0.0"],
    ["cmake", "cmake version 4.0.1-rc2"],
  ])("accepts %s %s", (tool, answer) => {
    provide({ ...complete, [tool]: answer });
    expect(check()).toEqual({ status: 0, lines: [] });
  });

  it.each(["v20.18.3", "v18.20.4", "v19.19.0"])("rejects node %s where 20.19 is required, and says where to get it", (answer) => {
    provide({ ...complete, node: answer });
    const { status, lines } = check({}, "20.19");
    expect(status).toBe(1);
    expect(lines).toEqual([`node ${answer} is too old: 20.19 or newer is needed for this target ('make' alone takes 18.18); Debian 13, NodeSource and nodejs.org have it`]);
  });

  it.each(["v20.19.0", "v20.20.0", "v22.0.0"])("accepts node %s where 20.19 is required", (answer) => {
    provide({ ...complete, node: answer });
    expect(check({}, "20.19")).toEqual({ status: 0, lines: [] });
  });

  it("names the required version of a missing node", () => {
    provide(without("node"));
    expect(check({}, "20.19").lines).toEqual([expect.stringMatching(/^node is missing: Node\.js 20\.19 or newer is needed; /)]);
  });

  it("reports a missing libstdc++.a when the compiler has only the shared library", () => {
    provide({ ...complete, "c++": "libstdc++.a" });
    const { status, lines } = check();
    expect(status).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^libstdc\+\+\.a is missing.*dnf install libstdc\+\+-static/);
    provide({ "c++": "/usr/lib/gcc/x86_64-linux-gnu/12/libstdc++.a" });
    expect(check()).toEqual({ status: 0, lines: [] });
  });

  it("uses the compiler that CXX names", () => {
    provide({ ...without("c++"), "my-compiler": "" });
    expect(check().status).toBe(1);
    expect(check({ CXX: "my-compiler" })).toEqual({ status: 0, lines: [] });
  });

  it("prints one line for each of several missing tools", () => {
    provide({ node: "v20.0.0" });
    expect(check().lines).toHaveLength(4);
  });

  it("requires a newer node in make for targets whose tools need it, before anything runs", () => {
    provide({ ...complete, node: "v18.20.4" });
    for (const tool of ["sh", "find"]) symlinkSync(`/usr/bin/${tool}`, join(folder, tool));
    const make = (target: string) => spawnSync("/usr/bin/make", ["--dry-run", target], { cwd: project, env: { PATH: folder }, encoding: "utf8" });
    for (const target of ["check", "lint", "test", "tests"]) {
      const { status, stdout, stderr } = make(target);
      expect([target, status, stdout]).toEqual([target, 2, ""]);
      expect(stderr).toMatch(/^node v18\.20\.4 is too old: 20\.19 or newer is needed for this target/);
    }
    for (const target of ["release", "typecheck", "tools"]) expect(make(target).stderr).not.toContain("too old");
  });

  it("prints the missing tools in make too, which then does nothing", () => {
    provide({ node: "v20.0.0" });
    for (const tool of ["sh", "find"]) symlinkSync(`/usr/bin/${tool}`, join(folder, tool));
    const { status, stdout, stderr } = spawnSync("/usr/bin/make", ["release"], { cwd: project, env: { PATH: folder }, encoding: "utf8" });
    expect(status).toBe(2);
    expect(stdout).toBe("");
    const lines = stderr.trim().split("\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^npm is missing; install it with .*\)$/);
    expect(lines[4]).toMatch(/\*\*\* Some tools are missing, see above\. {2}Stop\./);
  });
});
