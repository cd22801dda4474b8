// Runs a Fluent Bit that reads the input into one output, and measures its CPU with bash.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { pluginEnvironment } from "../../support/environment.js";
import { configurationOf } from "../../support/fluent_bit.js";
import { setting } from "../settings.js";
import type { Input } from "./input_file.js";
import { type Endpoint, outputSection, type Variant } from "./variant.js";

export interface Bench {
  readonly fluentBit: string;
  /** Library of each output that has one. */
  readonly plugins: Readonly<Partial<Record<Variant["output"], string>>>;
  /** Folder for configuration and log. */
  readonly folder: string;
}

// bash's own getrusage: /proc counts in hundredths of a second, and disappears when the process ends.
const timed = `TIMEFORMAT='cpu %3U %3S'; time sh -c 'echo "pid $$"; exec "$@" >"$BENCH_LOG" 2>&1' sh "$@"`;
const parser = `[PARSER]\n    Name json\n    Format json\n`;
const usualFlushSeconds = "0.2";
const grace = 30;

export class FluentBitRun {
  readonly startedMs = Date.now();
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #log: string;
  readonly #ended: Promise<number | null>;
  #printed = "";

  constructor(readonly variant: Variant, input: Input, endpoint: Endpoint, bench: Bench) {
    this.#log = path.join(bench.folder, "fluent-bit.log");
    const plugin = bench.plugins[variant.output];
    const args = [...(plugin === undefined ? [] : ["-e", plugin]), "-c", configurationFile(variant, input, endpoint, bench.folder)];
    const env = { ...environmentOf(variant, endpoint), BENCH_LOG: this.#log };
    this.#child = spawn("bash", ["-c", timed, "bash", bench.fluentBit, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdout.on("data", (text: Buffer) => (this.#printed += text.toString()));
    this.#child.stderr.on("data", (text: Buffer) => (this.#printed += text.toString()));
  }

  /** Number of the process, once bash has printed it. */
  async pid(): Promise<number> {
    while (!/pid \d+\n/.test(this.#printed) && this.#child.exitCode === null) await sleep(5);
    const pid = /pid (\d+)/.exec(this.#printed)?.[1];
    if (pid === undefined) throw new Error(`${this.variant.name}: Fluent Bit did not start: ${this.#printed}`);
    return Number(pid);
  }

  /** Ends Fluent Bit with SIGTERM. Throws when it fails. */
  async stop(pid: number): Promise<{ readonly cpuSeconds: number }> {
    process.kill(pid, "SIGTERM");
    if ((await this.#ended) !== 0) throw this.failure("Fluent Bit did not end well");
    const [, user, system] = /cpu (\S+) (\S+)/.exec(this.#printed) ?? [];
    if (system === undefined) throw this.failure(`bash printed no time but '${this.#printed}'`);
    return { cpuSeconds: Number(user) + Number(system) };
  }

  /** Kills the process if it still runs; returns its status as a shell does (128 plus the signal). */
  async kill(pid: number): Promise<number | null> {
    try {
      if (this.#child.exitCode === null) process.kill(pid, "SIGKILL");
    } catch {
      // It has already ended.
    }
    return this.#ended;
  }

  failure(what: string): Error {
    return new Error(`${this.variant.name}: ${what}; its log ends:\n${readFileSync(this.#log, "utf8").slice(-2000)}`);
  }
}

function configurationFile(variant: Variant, { pattern }: Input, endpoint: Endpoint, folder: string): string {
  const parsers = path.join(folder, "parsers.conf");
  const file = path.join(folder, "fluent-bit.conf");
  const tail = { path: pattern, parser: "json", read_from_head: "on", Mem_Buf_Limit: "64M", Refresh_Interval: "60" };
  // With a star the tag contains the file's path.
  const tag: { readonly tag?: string } = variant.workload.tags > 1 ? { tag: "bench.*" } : {};
  writeFileSync(parsers, parser);
  writeFileSync(file, configurationOf({
    inputs: [{ name: "tail", properties: { ...tail, ...tag } }],
    outputs: [outputSection(variant, endpoint)],
    service: { parsers_file: parsers, log_level: "warn" },
    flush: setting("BENCH_FLUSH") ?? usualFlushSeconds,
    grace,
  }));
  return file;
}

/** Returns the environment of a variant's process. */
export function environmentOf({ isCoreInProcess }: Variant, { certificateFile }: Endpoint): NodeJS.ProcessEnv {
  const runtime = isCoreInProcess ? { KINESIS_RUNTIME: "process", KINESIS_NODE: setting("BENCH_NODE") ?? process.execPath } : {};
  // Trusted certificates: the first is for our plugin and the SDKs, the second for Go's own TLS.
  return pluginEnvironment({ AWS_CA_BUNDLE: certificateFile, SSL_CERT_FILE: certificateFile, ...runtime });
}
