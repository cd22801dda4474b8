// Tests the core in a separate process at work: deliveries, its death under load and its next run, signals, and the end.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { coreOf, startedBy, until, untilGone } from "../support/core_process.js";
import { deaggregateAll, isAggregate } from "../support/deaggregate.js";
import { chunkOf } from "../support/event_chunk.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import { FLB_OK, FLB_RETRY, type Options, type PluginHost } from "../support/plugin_host.js";
import { Preloaded } from "../support/preloaded.js";
import { inProcess, usePrograms } from "../support/process_host.js";
import { jsonOf, textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const streams = useStreams();
const programs = usePrograms();
const IN_ORDER = { status: 0, signal: null };
const numbered = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }));

async function expectEndInOrder(host: PluginHost, how: () => Promise<unknown> = async () => host.end()): Promise<void> {
  const core = startedBy(host.pid).map(({ pid }) => pid);
  await how();
  const { stderr, ...end } = await host.ended();
  expect(end, stderr).toEqual(IN_ORDER);
  for (const pid of core) await untilGone(pid);
}

describe("records arrive", () => {
  it.each([
    { form: "plain", options: {}, decode: textOf },
    { form: "compressed with gzip", options: { compression: "gzip" }, decode: (record: { data: Uint8Array }) => gunzipSync(record.data).toString() },
  ])("$form", async ({ options, decode }) => {
    const stream = await streams.newStream();
    const host = await streams.host(inProcess);
    const instance = await host.open(streams.options(stream, options));
    expect(await host.flush(instance, chunkOf(numbered(600)))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(decode)).toEqual(numbered(600).map((body) => JSON.stringify(body)));
    await expectEndInOrder(host);
  });

  it("aggregated", async () => {
    const stream = await streams.newStream();
    const host = await streams.host(inProcess);
    const instance = await host.open(streams.options(stream, { aggregation: "true" }));
    expect(await host.flush(instance, chunkOf(numbered(600)))).toBe(FLB_OK);
    const received = await streams.kinesis.readAll(stream);
    expect(received.every(isAggregate)).toBe(true);
    expect(deaggregateAll(received).map(jsonOf)).toEqual(numbered(600));
    await expectEndInOrder(host);
  });
});

describe("with a service that throttles or holds requests", () => {
  let kinesis: HeldKinesis;
  beforeEach(async () => {
    kinesis = await HeldKinesis.start();
  });
  afterEach(async () => kinesis.destroy());
  const optionsOf = (others: Options = {}): Options => streams.options("any", { endpoint: kinesis.endpoint, ...others });
  const takenNumbers = (): unknown[] => kinesis.taken.map((record) => jsonOf(record)["n"]);

  it("records are retried, and arrive once", async () => {
    const host = await streams.host(inProcess);
    kinesis.mood = "throttle";
    const flush = await host.start(await host.open(optionsOf()), chunkOf(numbered(3)));
    await kinesis.untilRequested(2);
    kinesis.mood = "take";
    expect(await host.replyOf(flush)).toBe(FLB_OK);
    expect(takenNumbers()).toEqual([0, 1, 2]);
    await expectEndInOrder(host);
  });

  it("SIGTERM ends the host cleanly, with the service holding the chunks in flight", async () => {
    const host = await streams.host(inProcess);
    const instance = await host.open(optionsOf());
    kinesis.mood = "hold";
    for (const n of [1, 2, 3]) await host.start(instance, chunkOf([{ n }]));
    await kinesis.untilRequested(3);
    await expectEndInOrder(host, async () => {
      host.kill("SIGTERM");
      await sleep(200);
      kinesis.release();
    });
    expect(takenNumbers().sort()).toEqual([1, 2, 3]);
  });

  it("signals to the host's group do not affect the process", async () => {
    const host = await streams.host(inProcess);
    const instance = await host.open(optionsOf());
    const core = await coreOf(host.pid);
    kinesis.mood = "hold";
    const flush = await host.start(instance, chunkOf([{ n: 1 }]));
    await kinesis.untilRequested(1);
    for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGPIPE", "SIGUSR1", "SIGCONT"] as const) process.kill(core, signal);
    await sleep(50);
    kinesis.release();
    expect(await host.replyOf(flush)).toBe(FLB_OK);
    expect(await host.flush(instance, chunkOf([{ n: 2 }]))).toBe(FLB_OK);
    expect(startedBy(host.pid)).toEqual([{ pid: core, isZombie: false }]);
    expect(host.stderr).not.toMatch(/ended with|Debugger listening/);
    await expectEndInOrder(host);
  });

  it("a host that is killed takes the process with it", async () => {
    const host = await streams.host(inProcess);
    const instance = await host.open(optionsOf());
    kinesis.mood = "hold";
    await host.start(instance, chunkOf([{ n: 1 }]));
    await kinesis.untilRequested(1);
    const core = await coreOf(host.pid);
    host.kill("SIGKILL");
    await untilGone(core);
  });
});

it("a host that is killed takes the process with it also while JavaScript keeps it busy", async () => {
  const preloaded = new Preloaded("for (;;);");
  try {
    const host = await streams.host({ ...inProcess, ...preloaded.environment });
    await host.open(streams.options("any"));
    const core = await coreOf(host.pid);
    preloaded.cue();
    await until(() => preloaded.isCueTaken, "the loop");
    await sleep(100);
    expect(startedBy(host.pid)).toEqual([{ pid: core, isZombie: false }]);
    host.kill("SIGKILL");
    await untilGone(core);
  } finally {
    await preloaded.destroy();
  }
});

it("a core that is killed under load loses no record with the reply ok, and its instances continue", async () => {
  const names = [await streams.newStream(), await streams.newStream()];
  const host = await streams.host(inProcess);
  const instances: number[] = [];
  for (const name of names) instances.push(await host.open(streams.options(name)));
  const count = 240;
  const instanceOf = (n: number): number => instances[n % 2] ?? -1;
  const core = await coreOf(host.pid);
  for (let n = 0; n < count; n++) {
    expect(await host.start(instanceOf(n), chunkOf([{ n }]))).toBe(n);
    if (n === 40) await vi.waitUntil(() => host.replies.size > 0, { timeout: 60_000, interval: 5 });
    if (n === 120) process.kill(core, "SIGKILL");
  }
  await vi.waitUntil(() => host.replies.size === count, { timeout: 60_000, interval: 10 });
  const replies = new Map(host.replies);
  const numbersWith = (code: number): number[] => [...replies].flatMap(([n, reply]) => (reply === code ? [n] : []));
  expect(numbersWith(FLB_OK).length).toBeGreaterThan(0);
  expect(numbersWith(FLB_RETRY).length).toBeGreaterThan(0);
  const arrived = async (): Promise<Set<unknown>> => {
    const all = await Promise.all(names.map(async (name) => streams.kinesis.readAll(name)));
    return new Set(all.flat().map((record) => jsonOf(record)["n"]));
  };
  expect([...(await arrived())]).toEqual(expect.arrayContaining(numbersWith(FLB_OK)));
  for (const n of numbersWith(FLB_RETRY)) expect(await host.flushUntilDone(instanceOf(n), chunkOf([{ n }]))).toBe(FLB_OK);
  expect((await arrived()).size).toBe(count);
  expect(await coreOf(host.pid, core)).not.toBe(core);
  expect(host.stderr.match(/ended with signal 9\. It is started again in 100 ms; chunks under way get retry/g)).toHaveLength(1);
  await expectEndInOrder(host);
});

describe("with a limit of 2 s for its silence", () => {
  const limited = { ...inProcess, KINESIS_SILENCE_TIMEOUT: "2" };

  it("a stopped process is killed when a flush waits for it, and the next one delivers the records", async () => {
    const stream = await streams.newStream();
    const host = await streams.host(limited);
    const instance = await host.open(streams.options(stream));
    expect(await host.flush(instance, chunkOf([{ n: 0 }]))).toBe(FLB_OK);
    const core = await coreOf(host.pid);
    process.kill(core, "SIGSTOP");
    const flushes = [await host.start(instance, chunkOf([{ n: 1 }])), await host.start(instance, chunkOf([{ n: 2 }]))];
    for (const flush of flushes) expect(await host.replyOf(flush)).toBe(FLB_RETRY);
    await untilGone(core);
    for (const n of [1, 2]) expect(await host.flushUntilDone(instance, chunkOf([{ n }]))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map((record) => jsonOf(record)["n"])).toEqual([0, 1, 2]);
    await host.waitForMessage(/The process of Node\.js has given no sign for 2 s \(KINESIS_SILENCE_TIMEOUT\) while requests waited for it, and was killed\. It is started again in 100 ms/);
    expect(await coreOf(host.pid, core)).not.toBe(core);
    await expectEndInOrder(host);
  });

  it("a process that stops while it delivers is killed, and a signal meanwhile ends the host cleanly", async () => {
    const kinesis = await streams.heldKinesis();
    const host = await streams.host({ ...limited, KINESIS_SILENCE_TIMEOUT: "3600" });
    const instance = await host.open(streams.options("any", { endpoint: kinesis.endpoint }));
    kinesis.mood = "hold";
    await host.start(instance, chunkOf([{ n: 1 }]));
    await kinesis.untilRequested(1);
    const core = await coreOf(host.pid);
    process.kill(core, "SIGSTOP");
    host.kill("SIGTERM");
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual(IN_ORDER);
    expect(stderr).toContain("has not replied for 8 s and is ended");
    await untilGone(core);
  });

  it("a process whose scripts run for 6 s continues", async () => {
    const preloaded = new Preloaded("const until = Date.now() + 6000; while (Date.now() < until);");
    try {
      const host = await streams.host({ ...limited, ...preloaded.environment });
      const stream = await streams.newStream();
      const instance = await host.open(streams.options(stream));
      const core = await coreOf(host.pid);
      preloaded.cue();
      await until(() => preloaded.isCueTaken, "the loop");
      expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_OK);
      expect(startedBy(host.pid)).toEqual([{ pid: core, isZombie: false }]);
      await expectEndInOrder(host);
    } finally {
      await preloaded.destroy();
    }
  });
});

it("restarts leave no descriptor, thread or process in the host, and each pause is twice as long", async () => {
  const host = await streams.host(inProcess);
  const instance = await host.open(streams.options(await streams.newStream()));
  expect(await host.flush(instance, chunkOf([{ n: 0 }]))).toBe(FLB_OK);
  const before = await host.memory();
  for (let core = await coreOf(host.pid), restart = 1; restart <= 4; restart++) {
    process.kill(core, "SIGKILL");
    core = await coreOf(host.pid, core);
    expect(await host.flushUntilDone(instance, chunkOf([{ n: restart }]))).toBe(FLB_OK);
  }
  const { threads, descriptors } = await host.memory();
  expect({ threads, descriptors }).toEqual({ threads: before.threads, descriptors: before.descriptors });
  expect([...host.stderr.matchAll(/It is started again in (\d+) ms/g)].map(([, pause]) => pause)).toEqual(["100", "200", "400", "800"]);
  await expectEndInOrder(host);
});

it("no process is started while the host ends", async () => {
  const starts = `${programs.path}/starts`;
  writeFileSync(starts, "");
  const program = programs.program(`#!/bin/sh\necho start >>'${starts}'\nexec '${process.execPath}' "$@"\n`);
  const host = await streams.host({ ...inProcess, KINESIS_NODE: program });
  await host.open(streams.options("any"));
  // Four runs, so that the host ends during the long pause after them.
  let core: number | undefined;
  for (let run = 1; run <= 4; run++) {
    core = await coreOf(host.pid, core);
    await until(() => readFileSync(starts, "utf8").length === "start\n".length * run, `run ${run}`);
    process.kill(core, "SIGKILL");
    await untilGone(core);
  }
  await host.waitForMessage(/It is started again in 800 ms/);
  await expectEndInOrder(host);
  expect(readFileSync(starts, "utf8")).toBe("start\n".repeat(4));
});
