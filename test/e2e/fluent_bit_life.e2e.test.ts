// Tests the real Fluent Bit in bad times: signals and reloads while the service holds or throttles, and Node's death.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isCoreInProcess } from "../support/environment.js";
import type { Section } from "../support/fluent_bit.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import type { Options } from "../support/plugin_host.js";
import { NODE_ENDS, Preloaded } from "../support/preloaded.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const IN_ORDER = { status: 0, signal: null };
const linesFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, n) => `line ${first + n}`);

describe.skipIf(!process.env["FLUENT_BIT"])("inside Fluent Bit", () => {
  const streams = useStreams();
  let kinesis: HeldKinesis;
  let folder = "";
  beforeEach(async () => {
    kinesis = await HeldKinesis.start();
    folder = mkdtempSync(path.join(tmpdir(), "life-"));
  });
  afterEach(async () => {
    await kinesis.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  const output = (others: Options = {}): Section => ({
    name: "kinesis",
    properties: streams.options("any", { endpoint: kinesis.endpoint, ...others }),
  });
  const tail = (others: Options = {}): Section => ({
    name: "tail",
    properties: { path: path.join(folder, "tailed"), db: path.join(folder, "db"), read_from_head: "true", refresh_interval: "1", ...others },
  });
  const write = (lines: readonly string[]): void =>
    appendFileSync(path.join(folder, "tailed"), lines.map((line) => `${line}\n`).join(""));
  const takenTwice = (line: string): boolean => kinesis.taken.filter((record) => jsonOf(record)["log"] === line).length === 2;
  const takenLines = (): Set<unknown> => new Set(kinesis.taken.map((record) => jsonOf(record)["log"]));

  it.each(["1", "2"])("SIGTERM while a request is held lets the request end, with workers %s", async (workers) => {
    write(linesFrom(0, 100));
    kinesis.mood = "hold";
    const fluentBit = streams.fluentBitWithFile({ inputs: [tail()], outputs: [output({ workers })] });
    await kinesis.untilRequested(1);
    fluentBit.signal("SIGTERM");
    await sleep(500);
    kinesis.release();
    expect(await fluentBit.ended(), fluentBit.output).toEqual(IN_ORDER);
    expect(takenLines()).toEqual(new Set(linesFrom(0, 100)));
  });

  it.each(["1", "2"])("SIGTERM during a flush's retries ends Fluent Bit cleanly, with workers %s", async (workers) => {
    write(linesFrom(0, 100));
    kinesis.mood = "throttle";
    const fluentBit = streams.fluentBitWithFile({ inputs: [tail()], outputs: [output({ workers })], grace: 2 });
    await kinesis.untilRequested(2);
    fluentBit.signal("SIGTERM");
    expect(await fluentBit.ended(), fluentBit.output).toEqual(IN_ORDER);
    expect(fluentBit.output).not.toContain("did not stop in time");
  });

  it("SIGTERM waits for the chunks that experimental_concurrency has in flight", async () => {
    kinesis.mood = "hold";
    write(["line 0"]);
    const fluentBit = streams.fluentBitWithFile({ inputs: [tail()], outputs: [output({ experimental_concurrency: "3" })], grace: 2 });
    await kinesis.untilRequested(1);
    for (const n of [1, 2]) {
      write([`line ${n}`]);
      await kinesis.untilRequested(n + 1);
    }
    fluentBit.signal("SIGTERM");
    // Fluent Bit has given up its flushes and is calling its outputs' exits.
    await fluentBit.waitForLog(/service has stopped/);
    kinesis.release();
    expect(await fluentBit.ended(), fluentBit.output).toEqual(IN_ORDER);
    expect(takenLines()).toEqual(new Set(linesFrom(0, 3)));
  });

  // By default Fluent Bit waits, in a reload, until no chunk is being retried.
  it.each(["on", "off"])("a hot reload while the service throttles loses no line kept on disk, ensure_thread_safety %s", async (safety) => {
    const service = {
      "storage.path": path.join(folder, "storage"),
      "scheduler.base": "1",
      "scheduler.cap": "2",
      "hot_reload.ensure_thread_safety": safety,
    };
    const inputs = [tail({ "storage.type": "filesystem" })];
    const outputs = [output({ retry_limit: "no_limits" }), output({ retry_limit: "no_limits" })];
    kinesis.mood = "throttle";
    write(linesFrom(0, 50));
    const fluentBit = streams.fluentBitWithFile({ inputs, outputs, grace: 2, service }, { extraArguments: ["-Y"] });
    await fluentBit.waitForLog(/failed to flush chunk/);
    fluentBit.signal("SIGHUP");
    await fluentBit.waitForLog(/pending chunk count/);
    if (safety === "on") kinesis.mood = "take";
    await fluentBit.waitForLogs(/\[reload\] successful reload done/, 1);
    write(linesFrom(50, 50));
    await kinesis.untilRequested(kinesis.requested + 2);
    kinesis.mood = "take";
    await vi.waitUntil(() => takenLines().size === 100, { timeout: 60_000, interval: 50 });
    expect(await fluentBit.stop(), fluentBit.output).toEqual(IN_ORDER);
  });

  it("Fluent Bit ends with a message when its second output cannot be initialised", async () => {
    const fluentBit = streams.fluentBitWithFile({ inputs: [tail()], outputs: [output(), output({ compression: "brotli" })] });
    const { status, signal } = await fluentBit.ended();
    expect(signal, fluentBit.output).toBe(null);
    expect(status).toBeGreaterThan(0);
    expect(fluentBit.output).toMatch(/Failed to initialize plugin: \[kinesis 1\].*compression/);
  });

  const deaths = Object.entries(NODE_ENDS).flatMap(([name, deed]) => ["1", "2"].map((workers) => ({ name, deed, workers })));
  it.each(deaths)("Fluent Bit continues with its other outputs when Node $name, with workers $workers", async ({ deed, workers }) => {
    const preloaded = new Preloaded(deed);
    try {
      const copy = path.join(folder, "copy");
      const file: Section = { name: "file", properties: { path: folder, file: "copy", format: "template", template: "{log}" } };
      const outputs = [output({ workers }), file, output({ retry_limit: "no_retries" })];
      const copied = async (last: string): Promise<void> => {
        const has = (): boolean => existsSync(copy) && readFileSync(copy, "utf8").includes(`${last}\n`);
        await vi.waitUntil(has, { timeout: 60_000, interval: 50 });
      };
      write(linesFrom(0, 10));
      const pipeline = { inputs: [tail()], outputs, grace: 2 };
      const fluentBit = streams.fluentBitWithFile(pipeline, { environment: preloaded.environment });
      await kinesis.untilTaken(20);
      preloaded.cue();
      await fluentBit.waitForLog(isCoreInProcess ? /The process of Node\.js ended with/ : /Node\.js has stopped\. All flushes get retry/);
      for (let turn = 1; turn <= 5; turn++) {
        // By the last round the next Node process has started.
        if (isCoreInProcess && turn === 5) await vi.waitUntil(() => kinesis.taken.length > 20, { timeout: 60_000, interval: 50 });
        write(linesFrom(turn * 10, 10));
        await copied(`line ${turn * 10 + 9}`);
      }
      if (isCoreInProcess) await vi.waitUntil(() => takenTwice("line 59"), { timeout: 60_000, interval: 50 });
      else await fluentBit.waitForLog(/failed to flush chunk/);
      expect(await fluentBit.stop(), fluentBit.output).toEqual(IN_ORDER);
      expect(readFileSync(copy, "utf8")).toBe(linesFrom(0, 60).map((line) => `${line}\n`).join(""));
      if (!isCoreInProcess) expect(kinesis.taken).toHaveLength(20);
    } finally {
      await preloaded.destroy();
    }
  });
});
