// Tests state_file in the real Fluent Bit with chunks on disk: kill -9, an end beyond Grace and a hot reload send each line once.
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FluentBit } from "../support/fluent_bit.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import type { Options } from "../support/plugin_host.js";
import { RecordingKinesis } from "../support/recording_kinesis.js";
import { textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const IN_ORDER = { status: 0, signal: null };
const patience = { timeout: 60_000, interval: 20 };
const linesFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, n) => `line ${first + n}`);

/** Waits until a file has not been written to for a second, while delivery stands still. */
async function untilUnchanged(file: string): Promise<void> {
  for (let [text, last] = [readFileSync(file, "utf8"), ""]; text !== last; text = readFileSync(file, "utf8")) {
    last = text;
    await sleep(1000);
  }
}

describe.skipIf(!process.env["FLUENT_BIT"])("inside Fluent Bit, chunks on disk", () => {
  const streams = useStreams();
  const running: { destroy(): Promise<void> }[] = [];
  let folder = "";
  let state = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "state-"));
    state = path.join(folder, "state");
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.destroy()));
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (lines: readonly string[]): void => appendFileSync(path.join(folder, "tailed"), lines.map((line) => `${line}\n`).join(""));

  function start(endpoint: string, grace: number, others: Options = {}): FluentBit {
    const tail = { path: path.join(folder, "tailed"), db: path.join(folder, "db"), read_from_head: "true", refresh_interval: "1" };
    const pipeline = {
      inputs: [{ name: "tail", properties: { ...tail, "storage.type": "filesystem" } }],
      outputs: [{ name: "kinesis", properties: streams.options("any", { endpoint, log_key: "log", retry_limit: "no_limits", state_file: state, ...others }) }],
      service: { "storage.path": path.join(folder, "storage"), "scheduler.base": "1", "scheduler.cap": "2", "hot_reload.ensure_thread_safety": "off" },
      grace,
    };
    return streams.fluentBitWithFile(pipeline, { extraArguments: ["-Y"] });
  }

  /** Waits until all kept chunks have been retried and delivered. */
  const untilNothingIsKept = (fluentBit: FluentBit) => vi.waitUntil(() => !existsSync(state), patience).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${fluentBit.output}`);
  });

  /** Throttles one of five lines, always the same ones: the others are accepted immediately, and then nothing more. */
  async function throttling(): Promise<RecordingKinesis> {
    const service = await RecordingKinesis.start();
    service.isThrottled = (line) => /[05]$/u.test(line);
    running.push(service);
    return service;
  }

  const takeAll = (service: RecordingKinesis): void => void (service.isThrottled = () => false);

  async function held(): Promise<HeldKinesis> {
    const kinesis = await HeldKinesis.start();
    running.push(kinesis);
    return kinesis;
  }

  const sorted = (records: readonly { readonly data: Uint8Array }[]): string[] => records.map(textOf).sort();

  it("kill -9 while chunks wait for their retry sends no line twice", async () => {
    const service = await throttling();
    write(linesFrom(0, 3000));
    const killed = start(service.endpoint, 2);
    await killed.waitForLog(/failed to flush chunk/);
    expect(service.taken).toHaveLength(2400);
    killed.signal("SIGKILL");
    await killed.ended();
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(["state", "state.lock"]));
    takeAll(service);
    const next = start(service.endpoint, 2);
    await vi.waitUntil(() => new Set(sorted(service.taken)).size === 3000, patience);
    await untilNothingIsKept(next);
    expect(await next.stop(), next.output).toEqual(IN_ORDER);
    expect(sorted(service.taken)).toEqual(linesFrom(0, 3000).sort());
    expect(readdirSync(folder)).not.toContain("state.lock");
  });

  it("kill -9 while a chunk is in flight sends no line twice that was accepted a moment before", async () => {
    const kinesis = await held();
    kinesis.responseMs = 30;
    write(linesFrom(0, 20_000));
    const killed = start(kinesis.endpoint, 2, { concurrent_requests: "1" });
    await kinesis.untilTaken(1000);
    kinesis.mood = "hold";
    await vi.waitUntil(() => existsSync(state), patience);
    await untilUnchanged(state);
    killed.signal("SIGKILL");
    await killed.ended();
    const before = kinesis.taken.length;
    expect(before).toBeLessThan(20_000);
    kinesis.mood = "take";
    kinesis.responseMs = 0;
    const next = start(kinesis.endpoint, 2);
    await vi.waitUntil(() => new Set(sorted(kinesis.taken)).size === 20_000, patience);
    await untilNothingIsKept(next);
    expect(await next.stop(), next.output).toEqual(IN_ORDER);
    expect(sorted(kinesis.taken)).toEqual(linesFrom(0, 20_000).sort());
  });

  it("SIGTERM, and a delivery after Grace, sends no line twice", async () => {
    const kinesis = await held();
    kinesis.mood = "hold";
    write(linesFrom(0, 100));
    const ended = start(kinesis.endpoint, 1);
    await kinesis.untilRequested(1);
    ended.signal("SIGTERM");
    await ended.waitForLog(/service has stopped/);
    kinesis.release();
    expect(await ended.ended(), ended.output).toEqual(IN_ORDER);
    expect(kinesis.taken).toHaveLength(100);
    expect(readdirSync(folder)).toContain("state");
    const next = start(kinesis.endpoint, 1);
    await untilNothingIsKept(next);
    write(linesFrom(100, 1));
    await kinesis.untilTaken(101);
    expect(await next.stop(), next.output).toEqual(IN_ORDER);
    expect(sorted(kinesis.taken)).toEqual(linesFrom(0, 101).sort());
  });

  it("SIGTERM while a chunk is partially delivered sends only the rest after the restart", async () => {
    const service = await throttling();
    write(linesFrom(0, 3000));
    const ended = start(service.endpoint, 1, { drain_timeout: "0" });
    await vi.waitUntil(() => service.taken.length === 2400, patience);
    // The plugin must read the responses: without them it cannot know.
    await sleep(1000);
    expect(await ended.stop(), ended.output).toEqual(IN_ORDER);
    expect(service.taken).toHaveLength(2400);
    takeAll(service);
    const next = start(service.endpoint, 1);
    await vi.waitUntil(() => new Set(sorted(service.taken)).size === 3000, patience);
    await untilNothingIsKept(next);
    expect(await next.stop(), next.output).toEqual(IN_ORDER);
    expect(sorted(service.taken)).toEqual(linesFrom(0, 3000).sort());
  });

  it("a hot reload sends no line twice", async () => {
    const service = await throttling();
    write(linesFrom(0, 3000));
    const fluentBit = start(service.endpoint, 2);
    await fluentBit.waitForLog(/failed to flush chunk/);
    fluentBit.signal("SIGHUP");
    await fluentBit.waitForLogs(/\[reload\] successful reload done/, 1);
    takeAll(service);
    await vi.waitUntil(() => new Set(sorted(service.taken)).size === 3000, patience);
    await untilNothingIsKept(fluentBit);
    expect(await fluentBit.stop(), fluentBit.output).toEqual(IN_ORDER);
    expect(sorted(service.taken)).toEqual(linesFrom(0, 3000).sort());
  });

  it("a file that a disk fault has damaged is set aside, and Fluent Bit starts", async () => {
    const kinesis = await held();
    writeFileSync(state, "\0".repeat(100));
    write(linesFrom(0, 1));
    const fluentBit = start(kinesis.endpoint, 1);
    await kinesis.untilTaken(1);
    expect(fluentBit.output).toContain("state cannot be used, since it is not a state file, or is incomplete");
    expect(readFileSync(`${state}.broken`, "utf8")).toBe("\0".repeat(100));
    expect(await fluentBit.stop(), fluentBit.output).toEqual(IN_ORDER);
  });

  it("a second Fluent Bit with the same file ends immediately and logs the reason", async () => {
    const kinesis = await held();
    write(linesFrom(0, 1));
    const first = start(kinesis.endpoint, 1);
    await kinesis.untilTaken(1);
    const second = start(kinesis.endpoint, 1);
    const { status } = await second.ended();
    expect(status).toBeGreaterThan(0);
    expect(second.output).toMatch(/'state_file' value \(.*\) specified, process \d+ uses it; give each Fluent Bit its own file/u);
    expect(await first.stop(), first.output).toEqual(IN_ORDER);
  });
});
