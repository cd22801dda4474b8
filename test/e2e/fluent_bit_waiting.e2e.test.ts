// Tests the real Fluent Bit while Kinesis is slow: it continues all other work, and its end neither loses records nor hangs.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultyKinesis } from "../support/faulty_kinesis.js";
import type { FluentBit, Section } from "../support/fluent_bit.js";
import type { Options } from "../support/plugin_host.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const IN_ORDER = { status: 0, signal: null };
const graceSeconds = 5;
const linesFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, n) => `line ${first + n}`);

/** Accepts connections and never responds. */
async function startSilence(): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const endpointOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function secondsUntilEnd(fluentBit: FluentBit): Promise<number> {
  const began = performance.now();
  expect(await fluentBit.stop(), fluentBit.output).toEqual(IN_ORDER);
  return (performance.now() - began) / 1000;
}

function expectEachOnce(kinesis: FaultyKinesis, lines: readonly string[]): void {
  expect(kinesis.ledger.balance(lines)).toEqual({ lost: [], doubledAvoidably: [], doubledUnavoidably: [], refused: [], unknown: [] });
}

describe.skipIf(!process.env["FLUENT_BIT"])("inside Fluent Bit", () => {
  const streams = useStreams();
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "waiting-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const output = (endpoint: string, others: Options = {}): Section => ({
    name: "kinesis",
    properties: streams.options("any", { endpoint, log_key: "log", ...others }),
  });
  const tail = (others: Options = {}): Section => ({
    name: "tail",
    properties: { path: path.join(folder, "tailed"), db: path.join(folder, "db"), read_from_head: "true", refresh_interval: "1", ...others },
  });
  const write = (lines: readonly string[]): void =>
    appendFileSync(path.join(folder, "tailed"), lines.map((line) => `${line}\n`).join(""));
  const dummy: Section = { name: "dummy", properties: { dummy: '{"log":"a line"}', rate: "1" } };
  const file = (): Section => ({ name: "file", properties: { path: folder, file: "copy" } });
  const copied = (): number => {
    const copy = path.join(folder, "copy");
    return existsSync(copy) ? readFileSync(copy, "utf8").split("\n").length - 1 : 0;
  };

  describe("while no service responds", () => {
    let silence: Server;
    beforeEach(async () => {
      silence = await startSilence();
    });
    afterEach(() => void silence.close());

    it("another output writes each line, the HTTP server responds, and SIGTERM ends Fluent Bit within its grace and two seconds", async () => {
      const port = 20_000 + (process.pid % 20_000);
      const service = { http_server: "on", http_port: String(port) };
      const fluentBit = streams.fluentBitWithFile({ inputs: [dummy], outputs: [output(endpointOf(silence)), file()], service, grace: graceSeconds });
      await fluentBit.waitForLog(/stream processor started/);
      const before = copied();
      let slowestMs = 0;
      const until = performance.now() + 12_000;
      while (performance.now() < until) {
        await sleep(100);
        const asked = performance.now();
        await (await fetch(`http://127.0.0.1:${port}/api/v1/uptime`)).text();
        slowestMs = Math.max(slowestMs, performance.now() - asked);
      }
      expect(copied() - before).toBeGreaterThanOrEqual(10);
      expect(slowestMs, "the slowest response of Fluent Bit's HTTP server, in ms").toBeLessThan(1000);
      expect(await secondsUntilEnd(fluentBit)).toBeLessThan(graceSeconds + 2);
    });

    it("not even for credentials, SIGTERM ends Fluent Bit within its grace and two seconds", async () => {
      const role = { role_arn: "arn:aws:iam::123456789012:role/logs", sts_endpoint: endpointOf(silence) };
      const fluentBit = streams.fluentBitWithFile({ inputs: [dummy], outputs: [output(endpointOf(silence), role), file()], grace: graceSeconds });
      await fluentBit.waitForLog(/failed to be delivered/);
      expect(copied()).toBeGreaterThan(0);
      expect(await secondsUntilEnd(fluentBit)).toBeLessThan(graceSeconds + 2);
    });
  });

  it.each([
    { latencyMs: 700, lines: 3000, workers: "0" },
    { latencyMs: 700, lines: 3000, workers: "2" },
    { latencyMs: 9000, lines: 1000, workers: "0" },
    { latencyMs: 9000, lines: 1000, workers: "2" },
  ])("$lines lines at $latencyMs ms per response all arrive once across a SIGTERM, with workers $workers", async ({ latencyMs, lines, workers }) => {
    const kinesis = await FaultyKinesis.start(`slow(${latencyMs}ms)`);
    try {
      write(linesFrom(0, lines));
      const fluentBit = streams.fluentBitWithFile({ inputs: [tail()], outputs: [output(kinesis.endpoint, { workers })], grace: graceSeconds });
      await vi.waitUntil(() => kinesis.served.length > 0, { timeout: 30_000, interval: 20 });
      // The whole file is read in a moment.
      await sleep(500);
      await secondsUntilEnd(fluentBit);
      expectEachOnce(kinesis, linesFrom(0, lines));
    } finally {
      await kinesis.destroy();
    }
  });

  it.each(["0", "2"])("hot reloads under load neither lose nor double a line, with workers %s", async (workers) => {
    const kinesis = await FaultyKinesis.start("slow(200ms)");
    try {
      const reloads = workers === "0" ? 10 : 1;
      const fluentBit = streams.fluentBitWithFile(
        { inputs: [tail()], outputs: [output(kinesis.endpoint, { workers, retry_limit: "no_limits" })], grace: graceSeconds },
        { extraArguments: ["-Y"] },
      );
      await fluentBit.waitForLog(/stream processor started/);
      let lines = 0;
      for (let reload = 1; reload <= reloads; reload++) {
        for (let turn = 0; turn < 10; turn++) {
          write(linesFrom(lines, 200));
          lines += 200;
          await sleep(50);
        }
        fluentBit.signal("SIGHUP");
        await fluentBit.waitForLogs(/\[reload\] successful reload done/, reload);
      }
      await vi.waitUntil(() => kinesis.ledger.size === lines, { timeout: 60_000, interval: 50 });
      await secondsUntilEnd(fluentBit);
      expectEachOnce(kinesis, linesFrom(0, lines));
    } finally {
      await kinesis.destroy();
    }
  });

  it("500 chunks that wait on disk are all delivered once", async () => {
    const kinesis = await FaultyKinesis.start("slow(50ms)");
    try {
      const service = { "storage.path": path.join(folder, "storage"), "storage.max_chunks_up": "64" };
      const tails = Array.from({ length: 500 }, (_, n) => `tag.${n}`);
      for (const [n, name] of tails.entries()) appendFileSync(path.join(folder, `${name}.log`), `${linesFrom(n * 10, 10).join("\n")}\n`);
      // A tag for each file makes a chunk for each.
      const input = tail({ path: path.join(folder, "tag.*.log"), tag: "t.*", "storage.type": "filesystem" });
      const fluentBit = streams.fluentBitWithFile({ inputs: [input], outputs: [output(kinesis.endpoint)], service, grace: graceSeconds });
      await vi.waitUntil(() => kinesis.ledger.size === 5000, { timeout: 120_000, interval: 50 });
      await secondsUntilEnd(fluentBit);
      expectEachOnce(kinesis, linesFrom(0, 5000));
    } finally {
      await kinesis.destroy();
    }
  });
});
