/** Tests kinesis.dll in wine, with its core in a real node.exe: deliveries, retries, errors, and ends. */
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import { deliveryCases, lifeCases } from "../support/platform_cases.js";
import { FLB_ERROR, FLB_OK, FLB_RETRY, type PluginHost } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";
import {
  killNodeProcesses,
  nodeProcesses,
  untilNodeProcesses,
  windowsHost,
  windowsNodes,
  windowsPath,
  windowsSkipped,
  windowsTitle,
} from "../support/wine.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const IN_ORDER = { status: 0, signal: null };
const chunk = (n: number): Uint8Array => chunkOf([{ n }]);

/** Flushes a chunk, with pauses, until the reply is not retry, as Fluent Bit does. Returns the last reply. */
async function flushUntilOk(host: PluginHost, instance: number, bytes: Uint8Array): Promise<number> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const reply = await host.flush(instance, bytes);
    if (reply !== FLB_RETRY || Date.now() > deadline) return reply;
    await sleep(100);
  }
}

const withEachNode = describe.skipIf(windowsSkipped !== undefined).each(windowsNodes.map((node) => [node.version, node] as const));

withEachNode(windowsTitle("kinesis.dll with node.exe %s"), (_, node) => {
  const streams = useStreams(async () => windowsHost(node));
  let held: HeldKinesis;
  beforeEach(async () => {
    held = await HeldKinesis.start();
  });
  afterEach(async () => {
    await held.destroy();
    killNodeProcesses();
  });
  const heldOptions = (others = {}): Record<string, string> => ({ ...streams.options("any"), endpoint: held.endpoint, ...others });

  deliveryCases(streams);
  lifeCases(streams);

  it("delivers a chunk of 5 MB, and concurrent flushes of four threads", async () => {
    const kinesis = await streams.instantKinesis();
    const host = await streams.host();
    const instance = await host.open({ ...streams.options("any"), endpoint: kinesis.endpoint });
    const large = chunkOf(Array.from({ length: 6 }, (_, n) => ({ n, log: "x".repeat(900_000) })));
    expect(await host.flush(instance, large)).toBe(FLB_OK);
    expect(kinesis.received.map((data) => jsonOf({ data })["n"])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await host.flushMany(instance, chunkOf([{ a: 1 }, { a: 2 }]), 4, 25)).toEqual({ errors: 0, oks: 100, retries: 0 });
    expect(kinesis.received.length).toBe(206);
  });

  it("sends the requests of a chunk in parallel while its flush blocks", async () => {
    const host = await streams.host();
    const instance = await host.open(heldOptions());
    held.mood = "hold";
    const flush = await host.start(instance, chunkOf(Array.from({ length: 2000 }, (_, n) => ({ n }))));
    await held.untilRequested(4);
    held.release();
    expect(await host.replyOf(flush), host.stderr).toBe(FLB_OK);
    expect(held.taken).toHaveLength(2000);
  });

  it("reports an invalid option at its start", async () => {
    const host = await streams.host();
    expect((await host.init({ region: "us-east-1", stream: "any", compression: "lzma" })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/compression.*lzma/);
  });

  it("reports a KINESIS_NODE that does not exist", async () => {
    const missing = "C:\\missing\\node.exe";
    const host = await streams.host({ KINESIS_NODE: missing });
    expect((await host.init(heldOptions())).code).toBe(FLB_ERROR);
    const message = await host.waitForMessage(/.*KINESIS_NODE.*/);
    expect(message).toContain(missing);
  });

  it("finds node.exe in PATH", async () => {
    const host = await streams.host({ KINESIS_NODE: undefined, WINEPATH: windowsPath(path.dirname(node.file)) });
    expect(await host.flush(await host.open(heldOptions()), chunk(1))).toBe(FLB_OK);
    expect(held.taken.map(jsonOf)).toEqual([{ n: 1 }]);
  });

  it("logs the plain path of node.exe when its folder in PATH ends with a backslash", async () => {
    const folder = windowsPath(path.dirname(node.file));
    const host = await streams.host({ KINESIS_NODE: undefined, WINEPATH: `${folder}\\` });
    await host.open(heldOptions());
    expect(await host.waitForMessage(/from .*node\.exe/)).toContain(`${folder}\\node.exe`.replaceAll("\\", "\\\\"));
  });

  it("ends in order, together with its node.exe", async () => {
    const host = await streams.host();
    expect(await host.flush(await host.open(heldOptions()), chunk(1))).toBe(FLB_OK);
    expect(nodeProcesses()).toHaveLength(1);
    const { stderr, ...end } = await host.quit();
    expect(end, stderr).toEqual(IN_ORDER);
    await untilNodeProcesses(0);
  });

  it("waits at its end for the chunks under way", async () => {
    const host = await streams.host();
    const instance = await host.open(heldOptions());
    held.mood = "hold";
    for (const n of [1, 2]) await host.start(instance, chunk(n));
    await held.untilRequested(2);
    const ending = host.quit();
    held.release();
    expect((await ending).status).toBe(0);
    expect(held.taken.map((record) => jsonOf(record)["n"]).sort()).toEqual([1, 2]);
  });

  it("starts another node.exe when the first is killed in a flush, and retries the flush", async () => {
    const host = await streams.host();
    const instance = await host.open(heldOptions());
    expect(await host.flush(instance, chunk(1))).toBe(FLB_OK);
    const [before] = nodeProcesses();
    held.mood = "hold";
    const flush = await host.start(instance, chunk(2));
    await held.untilRequested(2);
    killNodeProcesses();
    expect(await host.replyOf(flush)).toBe(FLB_RETRY);
    held.mood = "take";
    expect(await flushUntilOk(host, instance, chunk(2)), host.stderr).toBe(FLB_OK);
    expect(held.taken.map(jsonOf)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(nodeProcesses()).toHaveLength(1);
    expect(nodeProcesses()).not.toEqual([before]);
    expect((await host.quit()).status).toBe(0);
    await untilNodeProcesses(0);
  });

  it("leaves no node.exe when the host is killed in a flush", async () => {
    const host = await streams.host();
    const instance = await host.open(heldOptions());
    held.mood = "hold";
    await host.start(instance, chunk(1));
    await held.untilRequested(1);
    expect(nodeProcesses()).toHaveLength(1);
    host.kill("SIGKILL");
    await host.ended();
    await untilNodeProcesses(0);
  });
});
