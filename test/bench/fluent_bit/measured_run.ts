// One run of Fluent Bit over the input file, from its start to its end, and what it cost.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pluginEnvironment } from "../../support/environment.js";
import { configurationOf } from "../../support/fluent_bit.js";
import type { KinesisProcess } from "./kinesis_process.js";
import { setting } from "../settings.js";
import { outputSection, type Variant } from "./variant.js";

export interface Run {
  /** User and system time of the whole process, its start and end included, and of a process of the core's own. */
  readonly cpuSeconds: number;
  /** From the start of the process to its last request; of the null output, to the end of its work. */
  readonly wallSeconds: number;
  readonly peakRssMib: number;
  readonly wireBytes: number;
  readonly requests: number;
  readonly records: number;
  readonly serverCpuSeconds: number;
}

export interface Bench {
  readonly fluentBit: string;
  /** The library of each output that is one. */
  readonly plugins: Readonly<Partial<Record<Variant["output"], string>>>;
  /** For configuration and log. */
  readonly folder: string;
}

const pollMs = 50;
/** All was read, and less than this is done in so many polls: Fluent Bit is through. */
const idle = { polls: 8, cpuSeconds: 0.03 };
const clockTicksPerSecond = 100;
const longestRunMs = 180_000;
// bash's own getrusage: /proc counts in hundredths of a second, and there is none once the process has ended.
const timed = `TIMEFORMAT='cpu %3U %3S'; time sh -c 'echo "pid $$"; exec "$@" >"$BENCH_LOG" 2>&1' sh "$@"`;

const parser = `[PARSER]\n    Name json\n    Format json\n`;

/** Throws when Fluent Bit fails; its log is told. */
export async function measureRun(variant: Variant, input: string, kinesis: KinesisProcess, bench: Bench): Promise<Run> {
  const { child, log } = startFluentBit(variant, input, kinesis, bench);
  const startedMs = Date.now();
  await kinesis.reset();
  let told = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdout.on("data", (text: Buffer) => (told += text.toString()));
  child.stderr.on("data", (text: Buffer) => (told += text.toString()));
  const fail = (what: string): Error => new Error(`${variant.name}: ${what}; its log ends:\n${readFileSync(log, "utf8").slice(-2000)}`);

  while (!/pid \d+\n/.test(told) && child.exitCode === null) await sleep(5);
  const pid = Number(/pid (\d+)/.exec(told)?.[1]);
  try {
    const { busyUntilMs } = await untilIdle(pid, input).catch(async (error: unknown) => {
      if (child.exitCode === null) process.kill(pid, "SIGKILL");
      await ended;
      throw fail(error instanceof Error ? error.message : String(error));
    });
    const peakRssMib = familyOf(pid).reduce((sum, member) => sum + peakRssMibOf(member), 0);
    process.kill(pid, "SIGTERM");
    if ((await ended) !== 0) throw fail("Fluent Bit did not end well");
    const [, user, system] = /cpu (\S+) (\S+)/.exec(told) ?? [];
    if (system === undefined) throw fail(`bash did not tell its time but '${told}'`);
    const books = await kinesis.books();
    const endMs = books.requests > 0 ? books.lastRequestMs : busyUntilMs;
    return {
      cpuSeconds: Number(user) + Number(system),
      wallSeconds: (endMs - startedMs) / 1000,
      peakRssMib,
      wireBytes: books.bytes,
      requests: books.requests,
      records: books.records,
      serverCpuSeconds: books.cpuMs / 1000,
    };
  } finally {
    if (child.exitCode === null) process.kill(pid, "SIGKILL");
  }
}

function startFluentBit(variant: Variant, input: string, kinesis: KinesisProcess, bench: Bench) {
  const file = path.join(bench.folder, "fluent-bit.conf");
  const parsers = path.join(bench.folder, "parsers.conf");
  const log = path.join(bench.folder, "fluent-bit.log");
  const tail = { path: input, parser: "json", read_from_head: "on", Mem_Buf_Limit: "64M", Refresh_Interval: "60" };
  const pipeline = {
    inputs: [{ name: "tail", properties: tail }],
    outputs: [outputSection(variant, kinesis.endpoint)],
    service: { parsers_file: parsers, log_level: "warn" },
    grace: 30,
  };
  writeFileSync(parsers, parser);
  writeFileSync(file, configurationOf(pipeline));
  const plugin = bench.plugins[variant.output];
  const args = [...(plugin === undefined ? [] : ["-e", plugin]), "-c", file];
  // Whom to trust: the first is for our plugin and the SDKs, the second for Go's own TLS.
  const { certificateFile } = kinesis.endpoint;
  const runtime = variant.isCoreInProcess ? { KINESIS_RUNTIME: "process", KINESIS_NODE: setting("BENCH_NODE") ?? process.execPath } : {};
  const env = pluginEnvironment({ AWS_CA_BUNDLE: certificateFile, SSL_CERT_FILE: certificateFile, BENCH_LOG: log, ...runtime });
  const command = ["-c", timed, "bash", bench.fluentBit, ...args];
  return { child: spawn("bash", command, { env, stdio: ["ignore", "pipe", "pipe"] }), log };
}

/** Waits until the process has read the whole file and has nothing more to do. */
async function untilIdle(pid: number, input: string): Promise<{ readonly busyUntilMs: number }> {
  const size = statSync(input).size;
  const deadline = Date.now() + longestRunMs;
  let calm: { readonly cpuSeconds: number; readonly sinceMs: number; readonly polls: number } | undefined;
  for (;;) {
    await sleep(pollMs);
    if (Date.now() > deadline) throw new Error("took too long");
    const cpuSeconds = familyOf(pid).reduce((sum, member) => sum + cpuOf(member), 0);
    if (positionIn(pid, input) < size) continue;
    if (calm === undefined || cpuSeconds - calm.cpuSeconds > idle.cpuSeconds) calm = { cpuSeconds, sinceMs: Date.now(), polls: 0 };
    else if (calm.polls + 1 >= idle.polls) return { busyUntilMs: calm.sinceMs };
    else calm = { ...calm, polls: calm.polls + 1 };
  }
}

/** The process and its children: a core in a process of its own is one. */
function familyOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"));
  return [pid, ...children.join(" ").split(" ").filter((child) => child !== "").map(Number)];
}

function peakRssMibOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** Throws when the process is no more. Source: proc_pid_stat(5), utime and stime. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
}

/** How far the process has read the file; -1 while it has not opened it. */
function positionIn(pid: number, file: string): number {
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${descriptor}`) !== file) continue;
      return Number(/^pos:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8"))?.[1]);
    } catch {
      // It was closed meanwhile.
    }
  }
  return -1;
}
