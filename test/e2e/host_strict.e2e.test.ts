// Tests hosts that forbid what Node relies on, and environments that are meant for other programs.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { coreOf, descriptorsOf, startedBy, until, untilGone } from "../support/core_process.js";
import { deaggregateAll } from "../support/deaggregate.js";
import type { Environment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { buildHost, type HostProgram, nativeHost, restrained, type Restraint } from "../support/host_program.js";
import { FLB_ERROR, FLB_OK, PluginHost } from "../support/plugin_host.js";
import { embedded, hasSystemLibnode, inProcess, unsetRuntime } from "../support/process_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const runtimes = [
  { runtime: "embedded", place: embedded },
  { runtime: "in a separate process", place: inProcess },
];
/** The Node of the program that runs these tests and, with a separate process, of the core. */
const programNeedsMebibytes = Number(process.versions.node.split(".")[0]) < 24 ? 1024 : 1240;
const streams = useStreams();
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "strict-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a file of this text; returns its path. */
function fileOf(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function expectDelivery(host: PluginHost): Promise<void> {
  const stream = await streams.newStream();
  const instance = await host.open(streams.options(stream));
  expect(await host.flush(instance, chunkOf([{ a: 1 }])), host.stderr).toBe(FLB_OK);
  expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ a: 1 }]);
}

/** Returns the messages of an init that must fail; the host continues, and ends cleanly. */
async function failureOf(environment: Environment, program?: HostProgram): Promise<string> {
  const host = await PluginHost.withPlugin(environment, undefined, program);
  try {
    expect((await host.init(streams.options("any"))).code, host.stderr).toBe(FLB_ERROR);
    const { status, stderr } = await host.end();
    expect(status, stderr).toBe(0);
    return stderr;
  } finally {
    await host.destroy();
  }
}

describe.each(runtimes)("$runtime", ({ runtime, place }) => {
  const isEmbedded = runtime === "embedded";

  it("records are aggregated where MD5 is rejected, which is reported once", async () => {
    const script = fileOf(
      "fips.cjs",
      `const crypto = require("crypto"); const { createHash } = crypto;
       crypto.createHash = (name, ...rest) => {
         if (name === "md5") throw new Error("error:0308010C:digital envelope routines::unsupported");
         return createHash(name, ...rest);
       };`,
    );
    const host = await streams.host({ ...place, KINESIS_NODE_OPTIONS: `--require ${script}` });
    const stream = await streams.newStream();
    const records = [1, 2, 3].map((n) => ({ key: `k${n}`, n }));
    for (let output = 0; output < 2; output++) {
      const instance = await host.open(streams.options(stream, { aggregation: "true", partition_key: "key" }));
      expect(await host.flush(instance, chunkOf(records)), host.stderr).toBe(FLB_OK);
    }
    // This also compares the checksum.
    const received = deaggregateAll(await streams.kinesis.readAll(stream)).map(jsonOf);
    expect(received).toEqual([...records, ...records]);
    expect(host.stderr.match(/OpenSSL does not provide MD5/g)).toHaveLength(1);
  });

  it("NODE_OPTIONS for other programs are ignored", async () => {
    const script = fileOf("never.cjs", "for (;;);");
    const host = await streams.host({ ...place, NODE_OPTIONS: `--require /nowhere.js --require ${script} --no-such-option` });
    await expectDelivery(host);
  });

  it("no descriptor of the host gets into a program that the core starts, and the program works", async () => {
    const seen = path.join(folder, "open");
    const script = fileOf(
      "open.sh",
      `#!/bin/sh\nls -l /proc/$$/fd > ${seen}\necho '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret"}'\n`,
    );
    chmodSync(script, 0o755);
    const config = fileOf("config", `[default]\ncredential_process = ${script}\n`);
    const environment = { ...place, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_CONFIG_FILE: config };
    const stream = await streams.newStream();
    const host = await streams.host(environment);
    const instance = await host.open(streams.options(stream));
    // Node has marked the descriptors that were open when it started.
    for (let opened = 0; opened < 5; opened++) await host.openInheritable("/dev/zero");
    expect(await host.flush(instance, chunkOf([{ a: 1 }])), host.stderr).toBe(FLB_OK);
    expect([...(descriptorsOf(host.pid) ?? new Map<number, string>()).values()]).toContain("/dev/zero");
    const open = [...readFileSync(seen, "utf8").matchAll(/ -> (.*)$/gm)].map(([, target]) => target);
    const own = new Set<string | undefined>(["/dev/null", script, seen]);
    expect(open.filter((target) => !own.has(target))).toEqual([expect.stringMatching(/^(pipe|socket):/)]);
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("a hanging program that the core has started is ended with its children when %s ends the host", async (signal) => {
    const numbers = path.join(folder, "numbers");
    rmSync(numbers, { force: true });
    const script = fileOf("hang.sh", `#!/bin/sh\ntrap '' TERM\nsleep 300 &\necho "$$ $!" > ${numbers}.new; mv ${numbers}.new ${numbers}\nwait\nsleep 300\n`);
    chmodSync(script, 0o755);
    const config = fileOf("config", `[default]\ncredential_process = ${script}\n`);
    const host = await streams.host({ ...place, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_CONFIG_FILE: config });
    const instance = await host.open(streams.options("any", { drain_timeout: "1" }));
    await host.start(instance, chunkOf([{ a: 1 }]));
    await until(() => existsSync(numbers), "the program");
    host.kill(signal);
    const { status, stderr } = await host.ended();
    expect(status, stderr).toBe(signal === "SIGTERM" ? 0 : null);
    for (const pid of readFileSync(numbers, "utf8").trim().split(" ")) await untilGone(Number(pid));
  });

  it.each([
    ["as they are", "--max-http-header-size=20000"],
    ["unset if they are unset", undefined],
  ])("a program that the core starts gets NODE_OPTIONS %s", async (_, options) => {
    const seen = path.join(folder, "seen");
    const script = fileOf(
      "credentials.sh",
      `#!/bin/sh\nenv | grep -E '^(KINESIS_HOST_)?NODE_OPTIONS=' > ${seen}\necho '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret"}'\n`,
    );
    chmodSync(script, 0o755);
    const config = fileOf("config", `[default]\ncredential_process = ${script}\n`);
    const host = await streams.host({
      ...place,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_CONFIG_FILE: config,
      NODE_OPTIONS: options,
      KINESIS_NODE_OPTIONS: "--max-old-space-size=200",
    });
    await expectDelivery(host);
    expect(readFileSync(seen, "utf8")).toBe(options === undefined ? "" : `NODE_OPTIONS=${options}\n`);
  });

  it.each([
    ["128 MiB and the young generation", "", 140],
    ["the size in KINESIS_NODE_OPTIONS", "--max-old-space-size=300 ", 312],
  ])("Node's heap has at most %s", async (_, option, limitMib) => {
    const script = fileOf("limit.cjs", `console.error("the limit is " + (require("v8").getHeapStatistics().heap_size_limit >> 20));`);
    const host = await streams.host({ ...place, KINESIS_NODE_OPTIONS: `${option}--require ${script}` });
    await expectDelivery(host);
    expect(host.stderr).toContain(`the limit is ${limitMib}`);
  });

  it("KINESIS_NODE_OPTIONS are used, with scripts of both kinds in their order", async () => {
    const first = fileOf("with blank.cjs", `console.log("a line of the first script"); globalThis.order = "1";`);
    const second = fileOf("second.mjs", `await null; globalThis.order += "2";`);
    const size = `require("v8").getHeapStatistics().heap_size_limit >> 20`;
    const third = fileOf("third.cjs", `console.error("order " + globalThis.order + ", heap below 128: " + ((${size}) < 128));`);
    const host = await streams.host({
      ...place,
      KINESIS_NODE_OPTIONS: `--max-old-space-size=100  -r "${first}" --import=${second} --require ${third}`,
    });
    await expectDelivery(host);
    expect(host.stderr).toContain("a line of the first script");
    expect(host.stderr).toContain("order 12, heap below 128: true");
  });

  it.each([
    ["an unknown option", () => "--max-old-space-size=100 --no-such-option", "Check KINESIS_NODE_OPTIONS"],
    ["a missing script", () => "--require /nowhere.js", "KINESIS_NODE_OPTIONS: cannot load /nowhere.js: Cannot find module"],
    ["a missing module", () => "--import /nowhere.mjs", "KINESIS_NODE_OPTIONS: cannot load /nowhere.mjs: Cannot find module"],
    ["a script that throws", () => `-r ${fileOf("throws.cjs", "throw new Error('not today');")}`, "throws.cjs: not today"],
    ["a module that throws later", () => `--import ${fileOf("later.mjs", "setTimeout(() => { throw new Error('not now'); }); await new Promise(() => {});")}`, "later.mjs: not now"],
    ["a script that ends the process", () => `-r ${fileOf("exits.cjs", "process.exit(3);")}`, "Check KINESIS_NODE_OPTIONS"],
    ["a quote that is not closed", () => '--require "/nowhere.js', "Invalid 'KINESIS_NODE_OPTIONS' value specified, a double quote is not closed"],
    ["a missing script name", () => "--max-old-space-size=100 --require", "Invalid 'KINESIS_NODE_OPTIONS' value specified, --require needs the name of a script"],
  ])("%s in KINESIS_NODE_OPTIONS makes the init fail with the reason", async (_, options, reason) => {
    expect(await failureOf({ ...place, KINESIS_NODE_OPTIONS: options() })).toContain(reason);
  });

  it.each([
    ["a script", "-r", "never_ends.cjs", "for (;;);"],
    ["a module", "--import", "never_ends.mjs", "setInterval(() => {}, 1000); await new Promise(() => {});"],
  ])("%s that never ends makes the init fail at the limit, and nothing hangs", async (_, option, name, text) => {
    const environment = { KINESIS_START_TIMEOUT: "1", KINESIS_NODE_OPTIONS: `${option} ${fileOf(name, text)}` };
    const failure = await failureOf({ ...place, ...environment });
    expect(failure).toContain("did not come up in 1 s (KINESIS_START_TIMEOUT). Check KINESIS_NODE_OPTIONS");
  });

  it.each(["0", "-1", "1.5", "3601", "99999999999999999999", "1s"])("a KINESIS_START_TIMEOUT of %s is rejected", async (value) => {
    expect(await failureOf({ ...place, KINESIS_START_TIMEOUT: value })).toContain(
      `Invalid 'KINESIS_START_TIMEOUT' value (${value}) specified, must be a whole number of seconds from 1 to 3600`,
    );
  });

  describe.each<Restraint>(["mdwe", "no-executable-memory"])("under %s", (restraint) => {
    it("Node interprets, which is reported once with its cause, and records flow", async (context) => {
      const command = await restrained(restraint, [await buildHost()]);
      if (command === undefined) return context.skip("the kernel knows no such restraint");
      const [program = "", ...args] = command;
      const host = await PluginHost.withPlugin(place, undefined, { ...(await nativeHost()), command: program, args });
      try {
        await expectDelivery(host);
        await expectDelivery(host);
        expect(host.stderr.match(/MemoryDenyWriteExecute, SELinux without execmem/g)).toHaveLength(1);
        const { status, stderr } = await host.end();
        expect(status, stderr).toBe(0);
      } finally {
        await host.destroy();
      }
    });
  });

  it("without a restriction Node compiles, and no message reports it", async () => {
    const host = await streams.host(place);
    await expectDelivery(host);
    expect(host.stderr).not.toContain("--jitless");
  });

  // From as little as the plugin's own libraries need, up to more than any Node needs.
  it.each([150, 250, 350, 450, 650, 850, 950, 1100, 1600])("with %i MiB of address space an init works or fails with the reason, and the host continues", async (mebibytes) => {
    const program = await limited(`-v ${mebibytes * 1024}`);
    const host = await PluginHost.withPlugin(place, undefined, program);
    try {
      const { code } = await host.init(streams.options("any"));
      const { status, stderr } = await host.end();
      expect(status, stderr).toBe(0);
      if (code === FLB_ERROR) expect(stderr).toMatch(isEmbedded ? /(addresses|cannot load Node\.js|start a thread)/ : /addresses/);
      expect(code === FLB_ERROR, stderr).toBe(mebibytes < (isEmbedded ? 700 : programNeedsMebibytes));
    } finally {
      await host.destroy();
    }
  });
});

/** The host program with a limit of the shell's ulimit, such as "-v 1024". */
async function limited(limit: string): Promise<HostProgram> {
  return { ...(await nativeHost()), command: "sh", args: ["-c", `ulimit ${limit}; exec "$0"`, await buildHost()] };
}

it.skipIf(hasSystemLibnode)("where Fluent Bit has too little address space for an embedded Node, a separate process is tried, and its failure names the limit", async () => {
  const { KINESIS_LIBNODE, LD_LIBRARY_PATH } = embedded;
  const environment = { ...unsetRuntime, KINESIS_LIBNODE, LD_LIBRARY_PATH, KINESIS_NODE: process.execPath };
  const failure = await failureOf(environment, await limited(`-v ${200 * 1024}`));
  expect(failure).toMatch(/in a separate process: it needs 1024 MiB of addresses, and the limit of addresses \(ulimit -v, LimitAS\) is 200 MiB/);
});

describe.each(runtimes)("$runtime, with few descriptors", ({ place }) => {
  it("an init reports how many are missing; with that many records are delivered, and the process continues", async () => {
    const told = /Node\.js cannot start in (?:Fluent Bit's process|a separate process): it needs (\d+) file descriptors, and the limit \(ulimit -n, LimitNOFILE\) leaves (\d+) of 20\. Raise the limit/;
    const [, needed = "", left = ""] = told.exec(await failureOf(place, await limited("-n 20"))) ?? [];
    expect(Number(needed)).toBeGreaterThan(Number(left));
    const enough = 20 + Number(needed) - Number(left);
    expect(await failureOf(place, await limited(`-n ${enough - 1}`))).toMatch(`leaves ${Number(needed) - 1} of ${enough - 1}`);
    const host = await PluginHost.withPlugin(place, undefined, await limited(`-n ${enough}`));
    try {
      await expectDelivery(host);
      const { status, stderr } = await host.end();
      expect(status, stderr).toBe(0);
    } finally {
      await host.destroy();
    }
  });
});

it("an embedded Node leaves Fluent Bit's soft limit of descriptors unchanged", async () => {
  const host = await PluginHost.withPlugin(embedded, undefined, await limited("-Sn 150"));
  try {
    await expectDelivery(host);
    expect(/^Max open files +(\d+) /m.exec(readFileSync(`/proc/${host.pid}/limits`, "utf8"))?.[1]).toBe("150");
  } finally {
    await host.destroy();
  }
});

it("a restart that does not complete is ended at the limit and retried", async () => {
  const cue = path.join(folder, "cue");
  const script = fileOf("stuck.cjs", `if (require("fs").existsSync(${JSON.stringify(cue)})) for (;;);`);
  const host = await streams.host({ ...inProcess, KINESIS_START_TIMEOUT: "2", KINESIS_NODE_OPTIONS: `-r ${script}` });
  const stream = await streams.newStream();
  const instance = await host.open(streams.options(stream));
  writeFileSync(cue, "");
  process.kill(await coreOf(host.pid), "SIGKILL");
  await host.waitForMessage(/The process of Node\.js did not come up in 2 s \(KINESIS_START_TIMEOUT\)\. Check KINESIS_NODE_OPTIONS.* It is started again in \d+ ms/);
  unlinkSync(cue);
  expect(await host.flushUntilDone(instance, chunkOf([{ a: 1 }]))).toBe(FLB_OK);
  const { status, stderr } = await host.end();
  expect(status, stderr).toBe(0);
});

it("where close_range is unavailable, no descriptor of the host gets into the process, not even above its limit", async (context) => {
  // A limit below the number of open descriptors: counting up to the limit would miss some.
  const many = `for n in $(seq 20 60); do eval "exec $n</dev/zero"; done; ulimit -Sn 32; exec "$0"`;
  const command = await restrained("no-close-range", ["/bin/bash", "-c", many, await buildHost()]);
  if (command === undefined) return context.skip("seccomp is not to be had here");
  const [program = "", ...args] = command;
  const host = await PluginHost.withPlugin(inProcess, undefined, { ...(await nativeHost()), command: program, args });
  try {
    await host.open(streams.options("any"));
    const core = await coreOf(host.pid);
    expect(descriptorsOf(host.pid)?.get(60)).toBe("/dev/zero");
    expect([...(descriptorsOf(core) ?? new Map<number, string>()).values()]).not.toContain("/dev/zero");
    expect(startedBy(host.pid)).toHaveLength(1);
  } finally {
    await host.destroy();
  }
});
