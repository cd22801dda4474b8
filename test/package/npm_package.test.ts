/** Tests that the tools work when the npm package is installed from its file into an empty folder, without network. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Child } from "../support/child.js";
import { pluginEnvironment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { REGION } from "../support/kinesis_local.js";
import { PLUGIN, ROOT } from "../support/host_program.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000 });

const { name, version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { name: string; version: string };
const streams = useStreams();
let folder: string;
let installed: string;

function pack(into: string): Buffer {
  execFileSync(process.execPath, ["scripts/npm-package.mjs", path.join(folder, into)], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  return readFileSync(path.join(folder, into, `${name}-${version}.tgz`));
}

/** A command as linked by npm. */
async function run(command: string, ...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const env = pluginEnvironment({ LD_LIBRARY_PATH: undefined, FLUENT_BIT: undefined });
  const child = new Child(path.join(folder, "empty/node_modules/.bin", command), args, { cwd: path.join(folder, "empty"), env });
  const { status } = await child.ended;
  return { status, stdout: child.stdout, stderr: child.stderr };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "npm-package-"));
  installed = path.join(folder, "empty/node_modules", name);
  pack("first");
  mkdirSync(path.join(folder, "empty"));
  const args = ["install", "--offline", "--no-audit", "--no-fund", "--cache", path.join(folder, "cache"), path.join(folder, "first", `${name}-${version}.tgz`)];
  const { status, stderr } = spawnSync("npm", args, { cwd: path.join(folder, "empty"), encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the npm package", () => {
  it("depends on no other package", () => {
    expect(readdirSync(path.join(folder, "empty/node_modules")).filter((each) => !each.startsWith("."))).toEqual([name]);
    const manifest = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name, version, license: "Apache-2.0", bin: { "kinesis-check": "tools/check.mjs", "kinesis-resend": "tools/resend.mjs", "kinesis-tail": "tools/tail.mjs", "kinesis-watch": "tools/watch.mjs" } });
    for (const key of ["private", "dependencies", "devDependencies", "scripts"]) expect(manifest).not.toHaveProperty(key);
  });

  it("has the libraries that have been built, each in its platform's folder, with their papers", () => {
    expect(readFileSync(path.join(installed, `lib/linux-${process.arch}/kinesis.so`)).equals(readFileSync(PLUGIN))).toBe(true);
    expect(existsSync(path.join(installed, "lib/win32-x64/kinesis.dll"))).toBe(existsSync(path.join(ROOT, "bin/kinesis.dll")));
    const notices = readFileSync(path.join(installed, "THIRD-PARTY"), "utf8");
    expect(notices.startsWith(readFileSync(path.join(ROOT, "THIRD-PARTY"), "utf8"))).toBe(true);
    expect(notices.includes("winpthreads")).toBe(existsSync(path.join(ROOT, "bin/kinesis.dll")));
    expect(notices).toMatch(/^protobufjs \S+ \(BSD-3-Clause\), in the tools alone$/mu);
  });

  it("has the same bytes again", () => {
    expect(pack("second").equals(readFileSync(path.join(folder, "first", `${name}-${version}.tgz`)))).toBe(true);
  });

  it.each(["kinesis-check", "kinesis-resend", "kinesis-tail", "kinesis-watch"])("has %s, whose help has its options and its own command", async (command) => {
    const { status, stdout, stderr } = await run(command, "--help");
    expect(stdout).toContain(`\n  ${command} `);
    expect(stdout).toContain("\nExamples:\n");
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("checks a configuration, by a path relative to the working folder", async () => {
    writeFileSync(path.join(folder, "empty/fluent-bit.conf"), "[OUTPUT]\n    Name kinesis\n    Match *\n    region us-west-2\n    stream s\n    Retry_Limit 5\n    partion_key id\n");
    const { status, stdout } = await run("kinesis-check", "fluent-bit.conf");
    expect(stdout).toMatch(/^fluent-bit\.conf:7: error: .*did you mean 'partition_key'\?\n/u);
    expect(status).toBe(1);
    expect(await run("kinesis-check", path.join(installed, "examples/kubernetes/fluent-bit.yaml"))).toMatchObject({ status: 0, stdout: "1 kinesis output: 0 errors, 0 warnings, 0 hints.\n" });
  });

  it("reads the plugin's aggregated and compressed records", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const instance = await host.open(streams.options(stream, { aggregation: "true", compression: "gzip" }));
    expect(await host.flush(instance, chunkOf([{ log: "one" }, { log: "two" }]))).toBe(1);
    const { status, stdout, stderr } = await run("kinesis-tail", stream, "--region", REGION, "--endpoint", streams.kinesis.endpoint, "--from", "trim-horizon", "--count", "2", "--json");
    expect(stdout.trim().split("\n").map((line) => (JSON.parse(line) as { data: string }).data)).toEqual(['{"log":"one"}', '{"log":"two"}']);
    expect(stderr).toMatch(/\n2 records from 1 shard\.\n$/u);
    expect(status).toBe(0);
  });

  it("says what to do when the stream's name is missing", async () => {
    expect(await run("kinesis-tail", "--region", REGION)).toMatchObject({ status: 2, stderr: "tail: the stream is missing: name it, kinesis-tail my-stream\nkinesis-tail --help lists all options\n" });
  });
});
