// Tests the plugin's life in its host: threads, instances, reloads, signals, the end, and memory over many flushes.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, vi } from "vitest";
import { coreOf, memoryOf } from "../support/core_process.js";
import { isCoreInProcess } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK, PLUGIN, type Memory } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();
const chunkOf10 = chunkOf(Array.from({ length: 10 }, (_, n) => ({ n, log: `line ${n}` })));

it("the plugin works as a single file in another folder", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-copy-"));
  try {
    const copy = path.join(folder, "renamed.so");
    copyFileSync(PLUGIN, copy);
    const stream = await streams.newStream();
    const host = await streams.host({}, copy);
    expect(await host.flush(await host.open(streams.options(stream)), chunkOf([{ a: 1 }]))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ a: 1 }]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("the plugin delivers flushes of four concurrent threads, each record once", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  const instance = await host.open(streams.options(stream));
  expect(await host.flushMany(instance, chunkOf10, 4, 25)).toEqual({ errors: 0, oks: 100, retries: 0 });
  const counts = new Map<unknown, number>();
  for (const record of await streams.kinesis.readAll(stream)) {
    const { n } = jsonOf(record);
    counts.set(n, (counts.get(n) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...counts.values()]).toEqual(Array.from({ length: 10 }, () => 100));
});

it("the plugin keeps two instances apart", async () => {
  const [first, second] = [await streams.newStream(), await streams.newStream()];
  const host = await streams.host();
  const one = await host.open(streams.options(first));
  const two = await host.open(streams.options(second, { log_key: "log" }));
  expect(await host.flush(two, chunkOf([{ log: '{"to":2}' }]))).toBe(FLB_OK);
  expect(await host.flush(one, chunkOf([{ log: "to 1" }]))).toBe(FLB_OK);
  expect(await host.exit(one)).toBe(FLB_OK);
  expect(await host.flush(two, chunkOf([{ log: '{"to":3}' }]))).toBe(FLB_OK);
  expect((await streams.kinesis.readAll(first)).map(jsonOf)).toEqual([{ log: "to 1" }]);
  expect((await streams.kinesis.readAll(second)).map(jsonOf)).toEqual([{ to: 2 }, { to: 3 }]);
  expect((await host.end()).status).toBe(0);
});

it("the plugin works after being unloaded and loaded twice, as in a hot reload", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  for (const round of [0, 1, 2]) {
    if (round > 0) await host.load();
    const instance = await host.open(streams.options(stream));
    expect(await host.flush(instance, chunkOf([{ round }]))).toBe(FLB_OK);
    expect(await host.exit(instance)).toBe(FLB_OK);
    await host.unload();
  }
  expect((await host.end()).status).toBe(0);
  expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ round: 0 }, { round: 1 }, { round: 2 }]);
});

it("the plugin leaves the host's signal handlers unchanged", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  const instance = await host.open(streams.options(stream));
  expect(await host.ownsSignals()).toEqual({ sigint: true, sigterm: true });
  await host.flush(instance, chunkOf10);
  expect(await host.ownsSignals()).toEqual({ sigint: true, sigterm: true });
});

it("the plugin leaves the host's standard streams unchanged", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  const before = host.standardStreamFlags;
  const instance = await host.open(streams.options(stream));
  expect(host.standardStreamFlags).toEqual(before);
  await host.flush(instance, chunkOf10);
  expect(host.standardStreamFlags).toEqual(before);
});

it.each(["SIGTERM", "SIGINT"] as const)("the plugin lets the host end with status 0 on %s", async (signal) => {
  const stream = await streams.newStream();
  const host = await streams.host();
  expect(await host.flush(await host.open(streams.options(stream)), chunkOf10)).toBe(FLB_OK);
  host.kill(signal);
  const { stderr, ...end } = await host.ended();
  expect(end, stderr).toEqual({ status: 0, signal: null });
});

it("the plugin keeps its memory, threads and descriptors flat over 14,000 flushes", async () => {
  const kinesis = await streams.instantKinesis();
  const host = await streams.host();
  const instance = await host.open({ ...streams.options("any"), endpoint: kinesis.endpoint });
  expect(await host.flushMany(instance, chunkOf10, 2, 1000)).toEqual({ errors: 0, oks: 2000, retries: 0 });
  const core = isCoreInProcess ? await coreOf(host.pid) : undefined;
  // Of both processes, if the core has a separate one.
  const memory = async (): Promise<Memory> => {
    const [ofHost, ofCore] = [await host.memory(), core === undefined ? undefined : memoryOf(core)];
    return {
      rssKib: ofHost.rssKib + (ofCore?.rssKib ?? 0),
      threads: ofHost.threads + (ofCore?.threads ?? 0),
      descriptors: ofHost.descriptors + (ofCore?.descriptors ?? 0),
    };
  };
  const early = await memory();
  // Memory rises until a full garbage collection, about every 8,000 flushes: compares the lowest points.
  const late: Memory[] = [];
  for (let round = 0; round < 6; round++) {
    expect(await host.flushMany(instance, chunkOf10, 2, 1000)).toEqual({ errors: 0, oks: 2000, retries: 0 });
    late.push(await memory());
  }
  expect(kinesis.received.length).toBe(140_000);
  expect(Math.min(...late.slice(-4).map(({ rssKib }) => rssKib))).toBeLessThan(early.rssKib * 1.25);
  expect(late.at(-1)?.threads).toBeLessThanOrEqual(early.threads);
  expect(late.at(-1)?.descriptors).toBeLessThanOrEqual(early.descriptors + 4);
});
