// Measures how far an output blocks the rest of Fluent Bit while Kinesis accepts its requests but never responds.
//
// A second output writes a line per second to a file, Fluent Bit's HTTP server is polled, and finally SIGTERM ends Fluent Bit.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../../support/child.js";
import { configurationOf } from "../../support/fluent_bit.js";
import { figure, table } from "../table.js";
import { type Bench, environmentOf } from "./fluent_bit_run.js";
import { slowestResponseMs } from "./http_poll.js";
import { KinesisProcess } from "./kinesis_process.js";
import { copyPlugins, type Programs } from "./programs.js";
import { type Endpoint, outputSection, parseVariant, type Variant } from "./variant.js";

export interface Standstill {
  readonly variant: string;
  /** Lines that the second output wrote, out of one per second. */
  readonly lines: number;
  readonly seconds: number;
  /** Slowest response of Fluent Bit's HTTP server; the whole period if it never responded. */
  readonly slowestAnswerMs: number;
  /** Time from SIGTERM to the end of the process; the whole limit if it had to be killed. */
  readonly endSeconds: number;
  readonly isKilled: boolean;
}

const watchedSeconds = 10;
/** Extra time for writing the last line of the period. */
const lateMs = 700;
const graceSeconds = 5;
const longestEndSeconds = 60;
const longestStartMs = 30_000;
/** The null output sends no request: waits this long for Fluent Bit's start. */
const nullStartMs = 2000;
const pollMs = 50;
/** Lines per second, so that many flushes wait concurrently. */
const busyLines = "100";

/** Measures the variants one after the other. Throws when Fluent Bit does not start, or no request arrives. */
export async function measureStandstills(names: readonly string[], programs: Programs): Promise<Standstill[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-bench-"));
  const kinesis = await KinesisProcess.start(folder);
  try {
    const variants = names.map(parseVariant);
    const bench: Bench = { fluentBit: programs.fluentBit, plugins: copyPlugins(variants, programs, folder), folder };
    const standstills: Standstill[] = [];
    for (const variant of variants) {
      console.error(`a silent endpoint: ${variant.name}`);
      standstills.push(await measureStandstill(variant, kinesis, bench));
    }
    return standstills;
  } finally {
    await kinesis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStandstill(variant: Variant, kinesis: KinesisProcess, { fluentBit: program, plugins, folder }: Bench): Promise<Standstill> {
  const port = await freePort();
  const lines = path.join(folder, "lines");
  rmSync(lines, { force: true });
  const file = path.join(folder, "fluent-bit.conf");
  writeFileSync(file, configuration(variant, kinesis.endpoint, port, folder));
  await kinesis.reset({ isSilent: true });
  const library = plugins[variant.output];
  const args = [...(library === undefined ? [] : ["-e", library]), "-c", file];
  const fluentBit = new Child(program, args, { env: environmentOf(variant, kinesis.endpoint) });
  try {
    await (variant.output === "null" ? sleep(nullStartMs) : untilRequested(kinesis, fluentBit));
    const fromMs = Date.now();
    const slowest = slowestResponseMs(port, watchedSeconds * 1000);
    await sleep(watchedSeconds * 1000 + lateMs);
    const written = existsSync(lines) ? linesBetween(readFileSync(lines, "utf8"), fromMs, fromMs + watchedSeconds * 1000) : 0;
    const response = await slowest;
    const { endSeconds, isKilled } = await end(fluentBit);
    return { variant: variant.name, lines: written, seconds: watchedSeconds, slowestAnswerMs: response, endSeconds, isKilled };
  } finally {
    await fluentBit.destroy();
  }
}

function configuration(variant: Variant, endpoint: Endpoint, port: number, folder: string): string {
  const { name, properties } = outputSection(variant, endpoint);
  const dummy = '{"log":"a line"}';
  return configurationOf({
    inputs: [
      { name: "dummy", properties: { tag: "busy", rate: busyLines, dummy } },
      { name: "dummy", properties: { tag: "calm", rate: "1", dummy } },
    ],
    outputs: [
      { name, properties: { ...properties, match: "busy" } },
      { name: "file", properties: { match: "calm", path: folder, file: "lines" } },
    ],
    service: { log_level: "warn", http_server: "on", http_listen: "127.0.0.1", http_port: String(port) },
    grace: graceSeconds,
  });
}

async function untilRequested(kinesis: KinesisProcess, fluentBit: Child): Promise<void> {
  const deadline = Date.now() + longestStartMs;
  while ((await kinesis.counts()).requests === 0) {
    if (fluentBit.hasEnded || Date.now() > deadline) throw new Error(`no request came:\n${fluentBit.output.slice(-2000)}`);
    await sleep(pollMs);
  }
}

/** Returns the number of lines of the file output (`tag: [seconds.fraction, {...}]`) whose event is in this period. */
export function linesBetween(text: string, fromMs: number, untilMs: number): number {
  const times = Array.from(text.matchAll(/^calm: \[(\d+\.\d+),/gm), ([, seconds]) => Number(seconds) * 1000);
  return times.filter((time) => time > fromMs && time <= untilMs).length;
}

async function end(fluentBit: Child): Promise<{ readonly endSeconds: number; readonly isKilled: boolean }> {
  const fromMs = performance.now();
  fluentBit.kill("SIGTERM");
  const isEnded = await Promise.race([fluentBit.ended.then(() => true), sleep(longestEndSeconds * 1000, false)]);
  return { endSeconds: (performance.now() - fromMs) / 1000, isKilled: !isEnded };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Returns the standstills as a table for the terminal. */
export function standstillTable(standstills: readonly Standstill[]): string {
  const head = ["a silent endpoint", "lines of another output", "slowest response, ms", "SIGTERM to end, s"];
  const rows = standstills.map((of) => [
    of.variant,
    `${of.lines} of ${of.seconds}`,
    figure(of.slowestAnswerMs, 0),
    `${of.isKilled ? "killed after " : ""}${figure(of.endSeconds, 1)}`,
  ]);
  return table(head, rows);
}
