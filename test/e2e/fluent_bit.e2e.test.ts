// Tests the plugin inside a real Fluent Bit: delivery, workers, the end, hot reloads, and a daemon.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deaggregateAll, isAggregate } from "../support/deaggregate.js";
import { type Section, processesWith } from "../support/fluent_bit.js";
import { type Options, ROOT } from "../support/plugin_host.js";
import { type JsonObject, jsonOf, textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const PADDING = "x".repeat(80);
const linesFrom = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${first + n} ${PADDING}`);
const numberOf = (line: string): number => Number.parseInt(line, 10);
const linesOf = (received: readonly Uint8Array[]): string[] => received.map((data) => String(jsonOf({ data })["log"]));
const inOrder = (lines: readonly string[]): string[] => [...lines].sort((a, b) => numberOf(a) - numberOf(b));

describe.skipIf(!process.env["FLUENT_BIT"])("inside Fluent Bit, the plugin", () => {
  const streams = useStreams();
  let folder = "";
  let files = 0;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "tailed-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function newFile(lines: readonly string[]): string {
    const file = path.join(folder, `tailed-${files++}.txt`);
    writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    return file;
  }

  function tail(file: string, others: Options = {}): Section {
    const properties = { path: file, read_from_head: "true", refresh_interval: "1", buffer_max_size: "1M", ...others };
    return { name: "tail", properties };
  }

  function kinesis(stream: string, others: Options = {}): Section {
    return { name: "kinesis", properties: streams.options(stream, others) };
  }

  function kinesisAt(endpoint: string, others: Options = {}): Section {
    return kinesis("any", { endpoint, ...others });
  }

  async function logLines(stream: string): Promise<string[]> {
    return (await streams.kinesis.readAll(stream)).map((record) => String(jsonOf(record)["log"]));
  }

  it("sends the records of in_dummy", async () => {
    const stream = await streams.newStream();
    const dummy: Section = { name: "dummy", properties: { dummy: '{"a":{"b":1}}', samples: "3", rate: "50" } };
    const fluentBit = streams.fluentBit({ inputs: [dummy], outputs: [kinesis(stream)] });
    await streams.untilArrived(stream, 3);
    expect(await fluentBit.stop()).toEqual({ status: 0, signal: null });
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([1, 2, 3].map(() => ({ a: { b: 1 } })));
  });

  it("sends each line of a file once", async () => {
    const stream = await streams.newStream();
    const lines = linesFrom(0, 3000);
    const input = tail(newFile(lines), { exit_on_eof: "true" });
    const fluentBit = streams.fluentBit({ inputs: [input], outputs: [kinesis(stream)] });
    expect(await fluentBit.ended(), fluentBit.output).toEqual({ status: 0, signal: null });
    // Without a partition key there is no order.
    expect((await logLines(stream)).sort()).toEqual([...lines].sort());
  });

  it("aggregates and compresses", async () => {
    const stream = await streams.newStream();
    const lines = linesFrom(0, 3000);
    const output = kinesis(stream, { aggregation: "true", compression: "gzip", log_key: "log" });
    const input = tail(newFile(lines), { exit_on_eof: "true" });
    const fluentBit = streams.fluentBit({ inputs: [input], outputs: [output] });
    expect(await fluentBit.ended(), fluentBit.output).toEqual({ status: 0, signal: null });
    const received = await streams.kinesis.readAll(stream);
    expect(received.every(isAggregate)).toBe(true);
    expect(deaggregateAll(received).map((user) => textOf({ data: gunzipSync(user.data) })).sort()).toEqual([...lines].sort());
  });

  it("sends in CBOR, plain and aggregated", async () => {
    const [plain, aggregated] = [await streams.newStream(), await streams.newStream()];
    const front = await streams.front();
    const lines = linesFrom(0, 3000);
    const common = { endpoint: front.endpoint, request_format: "cbor" };
    const outputs = [kinesis(plain, common), kinesis(aggregated, { ...common, aggregation: "true", log_key: "log" })];
    const fluentBit = streams.fluentBit({ inputs: [tail(newFile(lines), { exit_on_eof: "true" })], outputs });
    expect(await fluentBit.ended(), fluentBit.output).toEqual({ status: 0, signal: null });
    expect((await logLines(plain)).sort()).toEqual([...lines].sort());
    expect(deaggregateAll(await streams.kinesis.readAll(aggregated)).map(textOf).sort()).toEqual([...lines].sort());
    expect(new Set(front.forms)).toEqual(new Set(["cbor"]));
  });

  it("sends each line once with two workers", async () => {
    const instant = await streams.instantKinesis();
    const lines = linesFrom(0, 20_000);
    const inputs = [0, 1].map((half) => tail(newFile(lines.slice(half * 10_000, (half + 1) * 10_000))));
    const fluentBit = streams.fluentBit({ inputs, outputs: [kinesisAt(instant.endpoint, { workers: "2" })] });
    await instant.untilArrived(lines.length);
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    expect(inOrder(linesOf(instant.received))).toEqual(lines);
  });

  it("serves two outputs", async () => {
    const [plain, raw] = [await streams.newStream(), await streams.newStream()];
    const lines = linesFrom(0, 500);
    const outputs = [kinesis(plain), kinesis(raw, { log_key: "log" })];
    const fluentBit = streams.fluentBit({ inputs: [tail(newFile(lines), { exit_on_eof: "true" })], outputs });
    expect(await fluentBit.ended(), fluentBit.output).toEqual({ status: 0, signal: null });
    expect(await logLines(plain)).toEqual(lines);
    expect((await streams.kinesis.readAll(raw)).map(textOf)).toEqual(lines);
  });

  it("ends on SIGTERM with status 0 after each line that was read has been sent once", async () => {
    const instant = await streams.instantKinesis();
    const lines = linesFrom(0, 20_000);
    // Fluent Bit's file output records what was read: it gets the same chunks.
    const copy: Section = { name: "file", properties: { path: folder, file: "copy.jsonl", format: "plain" } };
    const outputs = [kinesisAt(instant.endpoint), copy];
    const fluentBit = streams.fluentBit({ inputs: [tail(newFile(lines))], outputs });
    await instant.untilArrived(1);
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    const arrived = inOrder(linesOf(instant.received));
    const copied = readFileSync(path.join(folder, "copy.jsonl"), "utf8").trim().split("\n");
    const read = copied.map((line) => String((JSON.parse(line) as JsonObject)["log"]));
    expect(arrived).toEqual(inOrder(read));
    expect(arrived).toEqual(lines.slice(0, arrived.length));
  });

  it("loses no line over two hot reloads under load", async () => {
    const instant = await streams.instantKinesis();
    const file = newFile([]);
    const pipeline = { inputs: [tail(file, { db: `${file}.db` })], outputs: [kinesisAt(instant.endpoint)] };
    const fluentBit = streams.fluentBitWithFile(pipeline, { extraArguments: ["-Y"] });
    let written = 0;
    const writeUntil = async (done: Promise<unknown>): Promise<void> => {
      const isDone = done.then(() => true);
      do {
        appendFileSync(file, linesFrom(written, 100).map((line) => `${line}\n`).join(""));
        written += 100;
      } while (!(await Promise.race([isDone, sleep(20, false)])));
    };
    await writeUntil(instant.untilArrived(500));
    for (const reload of [1, 2]) {
      fluentBit.signal("SIGHUP");
      await writeUntil(fluentBit.waitForLogs(/\[reload\] successful reload done/, reload));
      await writeUntil(instant.untilArrived(instant.received.length + 500));
    }
    await instant.untilArrived(written);
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    expect(inOrder(linesOf(instant.received))).toEqual(linesFrom(0, written));
  });

  it("runs as a daemon from a relative plugin path", async () => {
    const stream = await streams.newStream();
    const lines = linesFrom(0, 200);
    const pipeline = { inputs: [tail(newFile(lines))], outputs: [kinesis(stream)] };
    // A daemon has no standard error: its log needs log_file.
    const environment = { FLB_LOG_LEVEL: "info" };
    const settings = { plugin: path.join("bin", "kinesis.so"), cwd: ROOT, extraArguments: ["-d"], environment };
    const fluentBit = streams.fluentBit(pipeline, settings);
    const daemons = (): number[] => processesWith(`endpoint=${streams.kinesis.endpoint}\0`);
    try {
      await streams.untilArrived(stream, lines.length);
      const [daemon] = daemons();
      expect(daemon).toBeGreaterThan(0);
      process.kill(daemon ?? 0, "SIGTERM");
      await vi.waitUntil(() => daemons().length === 0, { timeout: 60_000, interval: 100 });
    } finally {
      for (const pid of daemons()) process.kill(pid, "SIGKILL");
    }
    expect(await logLines(stream)).toEqual(lines);
    expect(fluentBit.output, "messages go to the standard error of the start").toContain("[kinesis 0] stream ");
  });

  it("stops Fluent Bit with a message when an option is invalid", async () => {
    const dummy: Section = { name: "dummy", properties: {} };
    const pipeline = { inputs: [dummy], outputs: [kinesis(await streams.newStream(), { compression: "brotli" })] };
    const fluentBit = streams.fluentBit(pipeline);
    const { status } = await fluentBit.ended();
    expect(status).toBeGreaterThan(0);
    expect(fluentBit.output).toMatch(/compression.*brotli/);
  });
});
