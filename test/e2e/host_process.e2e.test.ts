// Tests the core in a separate process: which program node is used, the message when none can be, and what that
// process shares with its host.
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { coreOf, descriptorsOf, startedBy } from "../support/core_process.js";
import type { Environment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_ERROR, FLB_OK, PluginHost } from "../support/plugin_host.js";
import { buildHost, nativeHost } from "../support/host_program.js";
import { embedded, hasSystemLibnode, hostBehind, inProcess, unsetRuntime, usePrograms } from "../support/process_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const streams = useStreams();
const programs = usePrograms();
const why = hasSystemLibnode ? " (skipped: this system has one)" : "";

async function expectDelivery(host: PluginHost): Promise<void> {
  const stream = await streams.newStream();
  const instance = await host.open(streams.options(stream));
  expect(await host.flush(instance, chunkOf([{ a: 1 }]))).toBe(FLB_OK);
  expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ a: 1 }]);
}

/** Returns the messages of an init that must fail, and checks that it leaves no process. */
async function failureOf(environment: Environment): Promise<string> {
  const host = await streams.host({ ...unsetRuntime, ...environment });
  expect((await host.init(streams.options("any"))).code).toBe(FLB_ERROR);
  expect(startedBy(host.pid)).toEqual([]);
  const { status, stderr } = await host.end();
  expect(status, stderr).toBe(0);
  return stderr;
}

describe.skipIf(hasSystemLibnode)(`without a libnode${why}`, () => {
  it("the program node of PATH is used", async () => {
    const folder = programs.folderWithNode();
    // A folder of that name is not a program.
    const host = await streams.host({ ...unsetRuntime, PATH: `${path.dirname(folder)}:/nowhere:${folder}` });
    await expectDelivery(host);
    expect(host.stderr).toContain(`Node.js ${process.version} runs in a separate process, from ${folder}/node`);
    expect(host.stderr).toContain("no libnode can be loaded");
  });

  it("a node on PATH without execute permission is skipped", async () => {
    const folder = programs.folderWithNode();
    const text = path.dirname(programs.program("some text", 0o644));
    const host = await streams.host({ ...unsetRuntime, PATH: `${text}:${folder}` });
    await expectDelivery(host);
    expect(host.stderr).toContain(`from ${folder}/node`);
    expect(await failureOf({ PATH: text })).toContain(`Skipped:\n  ${text}/node: may not be executed`);
  });

  it.each([
    ["unset", undefined],
    ["empty", ""],
    ["one with an empty folder", ":/nowhere::/nowhere:"],
    ["one with relative folders", ".:./:folder/.."],
  ])("a node in the working folder is never run, with PATH %s", async (_, PATH) => {
    const ran = path.join(programs.folder(), "ran");
    const folder = path.dirname(programs.program(`#!/bin/sh\n: > ${ran}\n`));
    const program = { ...(await nativeHost()), command: "/bin/sh", args: ["-c", `cd ${folder}; exec "$0"`, await buildHost()] };
    const host = await PluginHost.withPlugin({ ...unsetRuntime, PATH }, undefined, program);
    try {
      await host.init(streams.options("any"));
      expect(existsSync(ran)).toBe(false);
      await host.end();
    } finally {
      await host.destroy();
    }
  });

  it("the node in the plugin's own folder is used before PATH", async () => {
    const folder = programs.folderWithNode();
    const environment = { ...unsetRuntime, KINESIS_RUNTIME: "auto", PATH: path.dirname(programs.program("no program")) };
    const host = await streams.host(environment, programs.pluginIn(folder));
    await expectDelivery(host);
    expect(host.stderr).toContain(`in a separate process, from ${folder}/node`);
  });

  it("the node that KINESIS_NODE names is used before all others", async () => {
    const chosen = path.join(programs.folderWithNode(), "node");
    const [beside, onPath] = [programs.folderWithNode(), programs.folderWithNode()];
    const host = await streams.host({ ...unsetRuntime, KINESIS_NODE: chosen, PATH: onPath }, programs.pluginIn(beside));
    await expectDelivery(host);
    expect(host.stderr).toContain(`in a separate process, from ${chosen}`);
  });

  it("KINESIS_RUNTIME=embedded fails and lists the tried paths", async () => {
    const failure = await failureOf({ KINESIS_RUNTIME: "embedded" });
    expect(failure).toMatch(/cannot load Node\.js \(libnode\)[^]*Tried:[^]*libnode\.so\.115[^]*libnode\.so:/);
    expect(failure).not.toContain("program node");
  });

  it("and without a node the init fails with both reasons", async () => {
    const failure = await failureOf({ PATH: "/nowhere" });
    expect(failure).toMatch(/cannot load Node\.js \(libnode\)[^]*Tried:/);
    expect(failure).toMatch(/cannot find the program node next to the plugin or on PATH\. Install Node\.js 18 or newer/);
  });
});

it("a libnode that KINESIS_LIBNODE names is not skipped, even if there is a node", async () => {
  const failure = await failureOf({ KINESIS_LIBNODE: "/nowhere/libnode.so", KINESIS_NODE: process.execPath });
  expect(failure).toContain("/nowhere/libnode.so: no such file");
});

/** Special files on which a read may block, with the expected message; the null device is an empty file. */
const devices = [
  { what: "a FIFO", place: () => programs.fifo(), reason: "is a FIFO; it must be a regular file" },
  { what: "a terminal", place: () => "/dev/ptmx", reason: "is a device; it must be a regular file" },
];

it.each(devices)("a KINESIS_LIBNODE that is $what makes the init fail immediately with the reason", async ({ place, reason }) => {
  const file = place();
  expect(await failureOf({ KINESIS_RUNTIME: "embedded", KINESIS_LIBNODE: file })).toContain(`${file}: ${reason}`);
});

describe.each([
  { runtime: "embedded", environment: embedded },
  { runtime: "in a separate process", environment: inProcess },
])("with Node.js $runtime", ({ environment }) => {
  it.each(["NODE_EXTRA_CA_CERTS", "OPENSSL_CONF"].flatMap((name) => devices.map((device) => ({ name, ...device }))))(
    "$name that is $what makes the init fail immediately with the reason",
    async ({ name, place, reason }) => {
      const file = place();
      expect(await failureOf({ ...environment, [name]: file })).toContain(`'${name}' names ${file}, which ${reason}`);
    },
  );

  it("a NODE_EXTRA_CA_CERTS that is the null device has no certificates", async () => {
    await expectDelivery(await streams.host({ ...environment, NODE_EXTRA_CA_CERTS: "/dev/null" }));
  });
});

it("an invalid KINESIS_RUNTIME is named", async () => {
  expect(await failureOf({ KINESIS_RUNTIME: "both" })).toContain("Invalid 'KINESIS_RUNTIME' value (both) specified, must be embedded, process or auto");
});

it.each([
  { what: "does not exist", program: () => "/nowhere/node", reason: "/nowhere/node, which does not exist" },
  { what: "is a folder", program: () => programs.folder(), reason: "which does not exist" },
  { what: "cannot be executed", program: () => programs.program("text", 0o644), reason: "which may not be executed" },
  { what: "is not a path", program: () => "node", reason: "KINESIS_NODE is node, which is not a path" },
  { what: "is a text file", program: () => programs.program("some text"), reason: "Exec format error" },
  { what: "ends immediately", program: () => "/bin/false", reason: "ended before the plugin's core was up: status 1" },
  { what: "is killed while it starts", program: () => programs.program("#!/bin/sh\nkill -9 $$\n"), reason: "signal 9" },
  { what: "does not know Node's options", program: () => "/bin/sh", reason: /\(\/bin\/sh\).*status \d+/ },
])("a KINESIS_NODE that $what makes the init fail with the reason, and leaves no process", async ({ program, reason }) => {
  expect(await failureOf({ KINESIS_RUNTIME: "process", KINESIS_NODE: program() })).toMatch(reason);
});

it.each([
  { runtime: "in a separate process", place: inProcess },
  { runtime: "embedded", place: embedded },
])("a Node.js that is too old makes the init fail with its version, $runtime", async ({ place }) => {
  const script = path.join(programs.folder(), "older.cjs");
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '17.9.1' } });";
  writeFileSync(script, `${older} Object.defineProperty(process, "version", { value: "v17.9.1" });`);
  const failure = await failureOf({ ...place, KINESIS_NODE_OPTIONS: `--require ${script}` });
  expect(failure).toContain("Failed to initialize plugin: Node.js 18 or newer is needed, and this is v17.9.1\n");
});

it("all instances share one process", async () => {
  const host = await streams.host(inProcess);
  await host.open(streams.options("any"));
  const core = await coreOf(host.pid);
  await host.open(streams.options("any"));
  await expectDelivery(host);
  expect(startedBy(host.pid)).toEqual([{ pid: core, isZombie: false }]);
  const { status, stderr } = await host.end();
  expect(status, stderr).toBe(0);
  expect(descriptorsOf(core)).toBeUndefined();
});

it("no descriptor of the host gets into the process", async () => {
  const open = [3, 4, 5, 6, 7, 8, 9].map((descriptor) => `${descriptor}</dev/zero`).join(" ");
  const host = await PluginHost.withPlugin(inProcess, undefined, await hostBehind(open));
  try {
    await host.open(streams.options("any"));
    const ofHost = descriptorsOf(host.pid) ?? new Map<number, string>();
    expect(ofHost.get(9)).toBe("/dev/zero");
    const ofCore = descriptorsOf(await coreOf(host.pid)) ?? new Map<number, string>();
    expect([0, 1, 2].map((stream) => ofCore.get(stream))).toEqual(["/dev/null", "/dev/null", ofHost.get(2)]);
    expect(ofCore.get(3)).toMatch(/^socket:/);
    const others = [...ofCore].filter(([descriptor]) => descriptor > 3).map(([, target]) => target);
    expect(others.length).toBeGreaterThan(0);
    // Node's own: its poll descriptors, and pipes between its own threads.
    const pipesOfHost = [...ofHost.values()].filter((target) => target.startsWith("pipe:"));
    expect(others.filter((target) => !/^(anon_inode|pipe):/.test(target) || pipesOfHost.includes(target))).toEqual([]);
  } finally {
    await host.destroy();
  }
});

it.each(["2>&-", "3>&- 4>&- 2>&-", "3</dev/zero 2>&-", "3</dev/zero 4</dev/zero 2>&-"])(
  "a host started with the redirections '%s' delivers its records",
  async (redirections) => {
    const host = await PluginHost.withPlugin(inProcess, undefined, await hostBehind(redirections));
    try {
      await expectDelivery(host);
      const ofCore = descriptorsOf(await coreOf(host.pid)) ?? new Map<number, string>();
      expect([0, 1, 2].map((stream) => ofCore.get(stream))).toEqual(["/dev/null", "/dev/null", "/dev/null"]);
      expect(descriptorsOf(host.pid)?.get(2) ?? "").not.toMatch(/^socket:/);
      expect((await host.end()).status).toBe(0);
    } finally {
      await host.destroy();
    }
  },
);
