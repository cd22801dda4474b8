/** Tests that without the tools for Windows the script prints the reason in one line and does not fail. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToolScript } from "../../support/tool_script.js";

let script: ToolScript;
beforeEach(() => {
  script = new ToolScript("windows_tools.sh", "windows");
  script.provide("uname", 'case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac');
});
afterEach(() => script.remove());

const versions = [...readFileSync("scripts/windows_tools.sh", "utf8").matchAll(/^add_node (\S+)/gm)].map(([, version = ""]) => version);
const [newest = "", second = ""] = versions;

/** All tools of a machine that has been set up, with the node.exe of these versions. */
function setUp(working: readonly string[]): void {
  for (const tool of ["x86_64-w64-mingw32-g++-posix", "wine", "wineserver"]) script.provide(tool, "exit 1");
  const files = ["wine-prefix/complete", ...versions.map((version) => `node/${version}/node.exe`), ...working.map((version) => `node/${version}/works`)];
  for (const file of files.map((name) => script.placeOf(name))) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "");
  }
}

/** The versions that the script prints. */
function nodesOf(...args: readonly string[]): string[] {
  const { stdout } = script.run({}, args);
  const paths = /^export KINESIS_TEST_WINDOWS_NODES='(.*)'$/m.exec(stdout)?.[1] ?? "";
  return paths.split(":").map((file) => path.basename(path.dirname(file)));
}

describe("node.exe for the tests", () => {
  it("is one of each line of Node's, from the oldest to the newest", () => {
    setUp(versions);
    expect(nodesOf()).toEqual([...versions].reverse());
    expect(versions.map((version) => Number.parseInt(version, 10))).toEqual([22, 20, 18]);
  });

  it("is only the newest with the argument newest", () => {
    setUp(versions);
    expect(nodesOf("newest")).toEqual([newest]);
  });

  it("is with that argument the newest that runs", () => {
    setUp(versions.slice(1));
    expect(nodesOf("newest")).toEqual([second]);
  });
});

describe("the tools for Windows", () => {
  it("are named for root to install when they are missing", () => {
    script.provide("id", "echo 1000");
    script.provide("apt-get", "exit 1");
    const { status, stdout, kept } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_WINDOWS_SKIPPED='.*apt-get install .*g\+\+-mingw-w64-x86-64-posix wine64 wine'\n$/);
    expect(kept).toBe(stdout);
  });

  it("are skipped without apt-get", () => {
    const { status, stdout } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_WINDOWS_SKIPPED='.*no apt-get/);
  });

  it("are skipped when root cannot install them", () => {
    script.provide("id", "echo 0");
    script.provide("apt-get", "exit 1");
    const { status, stdout } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/SKIPPED='apt-get install .*wine64 wine failed'/);
  });

  it("are skipped on another kind of machine", () => {
    script.provide("uname", 'case $1 in -s) echo Linux ;; -m) echo aarch64 ;; esac');
    expect(script.run().stdout).toMatch(/SKIPPED='.*x86-64'/);
  });
});
