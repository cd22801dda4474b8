// Tests a steady load while the service throttles, resets and loses responses, for SOAK_SECONDS.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import type { Child } from "../support/child.js";
import { chunkOf } from "../support/event_chunk.js";
import { FaultyKinesis } from "../support/faulty_kinesis.js";
import { FluentBit } from "../support/fluent_bit.js";
import { FLB_OK, FLB_RETRY, PluginHost, ROOT } from "../support/plugin_host.js";
import { LineFiles } from "./line_files.js";
import { SequenceLedger } from "./sequence_ledger.js";
import { sampleOf, startSampling, steadinessOf, type Sample } from "./steadiness.js";
import { fairWeather, startWeather } from "./weather.js";

const hasFluentBit = (process.env["FLUENT_BIT"] ?? "") !== "";
/** The host program keeps the chunks as files until its end: about 15 MB per second. */
const maxSecondsInHost = 180;
const asked = Number(process.env["SOAK_SECONDS"] ?? 30);
const seconds = hasFluentBit ? asked : Math.min(asked, maxSecondsInHost);
const megabytesPerSecond = Number(process.env["SOAK_MEGABYTES_PER_SECOND"] ?? 25);
vi.setConfig({ testTimeout: (seconds + 300) * 1000 });

const lineBytes = 500;
const common = { stream: "any", region: "us-east-1", retry_timeout: "1" };
/** Level debug, since Node's warnings are logged only there. */
const environment = { FLB_LOG_LEVEL: "debug" };
const longestWaitMs = 120_000;

async function startService(): Promise<{ kinesis: FaultyKinesis<SequenceLedger>; ledger: SequenceLedger }> {
  const ledger = new SequenceLedger();
  return { kinesis: await FaultyKinesis.start(fairWeather, { seed: 5, textsOf: ledger.textsOf }, ledger), ledger };
}

/** Waits until all records have arrived, up to a limit, or until the process has ended. */
async function untilAll(ledger: SequenceLedger, count: number, sender: Child): Promise<void> {
  const deadline = Date.now() + longestWaitMs;
  while (!ledger.hasAll(0, count) && Date.now() < deadline && !sender.hasEnded) await sleep(200);
}

function judge(name: string, ledger: SequenceLedger, count: number, samples: readonly Sample[], output: string): void {
  const balance = ledger.balance(count);
  const steadiness = steadinessOf(samples);
  const rate = (count * lineBytes) / samples.length / 1e6;
  const report = { name, seconds: samples.length, records: count, megabytesPerSecond: Math.round(rate * 10) / 10, ...balance, ...steadiness };
  mkdirSync(path.join(ROOT, "build"), { recursive: true });
  writeFileSync(path.join(ROOT, "build", `soak-${name}.json`), `${JSON.stringify({ ...report, samples })}\n`);
  process.stdout.write(`soak: ${JSON.stringify(report)}\n`);

  expect.soft(balance.lost, "lost").toBe(0);
  expect.soft(balance.doubledAvoidably, "doubled although the response arrived").toBe(0);
  expect.soft(ledger.reached, "from nowhere").toBe(count);
  // A young heap still grows: the longer the run, the stricter the limit.
  expect.soft(steadiness.rssRatio, "growth of memory").toBeLessThan(seconds >= 180 ? 1.2 : 1.6);
  expect.soft(steadiness.threads[1], "threads").toBeLessThanOrEqual(steadiness.threads[0] + 2);
  expect.soft(steadiness.descriptors[1], "descriptors").toBeLessThanOrEqual(steadiness.descriptors[0] + 15);
  // Ignores the SDK's warning that it wants a newer Node than libnode 18.
  const isWarning = (line: string): boolean =>
    /MaxListeners|memory leak|Node\.js: |Unexpected error|level=fatal/.test(line) && !/Node(?:Deprecation|VersionSupport)Warning/u.test(line);
  const warnings = output.split("\n").filter(isWarning);
  expect.soft(warnings.slice(0, 5), "warnings of Node's").toEqual([]);
}

it.skipIf(!hasFluentBit)(`inside Fluent Bit, ${seconds} s of load lose and double no records, and leave no files behind`, async () => {
  const { kinesis, ledger } = await startService();
  const folder = mkdtempSync(path.join(tmpdir(), "soak-"));
  const tailed = { path: path.join(folder, "soak-*.log"), read_from_head: "true", refresh_interval: "1" };
  const input = { ...tailed, buffer_chunk_size: "512k", buffer_max_size: "2M", mem_buf_limit: "128M" };
  const output = { ...common, endpoint: kinesis.endpoint, retry_limit: "no_limits" };
  const pipeline = { inputs: [{ name: "tail", properties: input }], outputs: [{ name: "kinesis", properties: output }] };
  const service = { "scheduler.base": "1", "scheduler.cap": "2" };
  const fluentBit = FluentBit.fromConfiguration({ ...pipeline, service }, { environment });
  const bytesPerSecond = megabytesPerSecond * 1e6;
  const lines = new LineFiles({ folder, bytesPerSecond, lineBytes, hasAll: (first, end) => ledger.hasAll(first, end) });
  const calm = startWeather(kinesis, seconds);
  try {
    const samples = startSampling(() => sampleOf(fluentBit.child.pid));
    await Promise.race([sleep(seconds * 1000), fluentBit.child.ended]);
    lines.stop();
    const taken = samples();
    calm();
    await untilAll(ledger, lines.written, fluentBit.child);
    expect(await fluentBit.stop(), fluentBit.output.slice(-4000)).toEqual({ status: 0, signal: null });
    judge("fluent-bit", ledger, lines.written, taken, fluentBit.output);
  } finally {
    calm();
    lines.stop();
    await fluentBit.destroy();
    await kinesis.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
});

it.skipIf(hasFluentBit)(`with three threads in the host program, ${seconds} s of load lose and double no records, and leave no files behind`, async () => {
  const { kinesis, ledger } = await startService();
  const host = await PluginHost.withPlugin(environment);
  const calm = startWeather(kinesis, seconds);
  let count = 0;
  try {
    const instance = await host.open({ ...common, endpoint: kinesis.endpoint });
    const end = Date.now() + seconds * 1000;
    const worker = async (): Promise<void> => {
      const waiting: Uint8Array[] = [];
      while (Date.now() < end || waiting.length > 0) {
        if (Date.now() > end) calm();
        // A chunk to retry comes again after another one has been flushed.
        const chunk = waiting.length > 1 || Date.now() > end ? waiting.shift() : undefined;
        const next = chunk ?? newChunk();
        const code = await host.replyOf(await host.start(instance, next));
        if (code === FLB_RETRY) waiting.push(next);
        else expect(code).toBe(FLB_OK);
      }
    };
    const newChunk = (): Uint8Array => {
      const first = count;
      count += 4000;
      const padding = "x".repeat(lineBytes - 11);
      return chunkOf(Array.from({ length: 4000 }, (_, n) => ({ log: `${String(first + n).padEnd(9)} ${padding}` })));
    };
    const samples = startSampling(() => host.memory());
    await Promise.all([worker(), worker(), worker()]);
    const taken = samples();
    const { status, stderr } = await host.end();
    expect(status).toBe(0);
    judge("host", ledger, count, taken, stderr);
  } finally {
    calm();
    await host.destroy();
    await kinesis.destroy();
  }
});
