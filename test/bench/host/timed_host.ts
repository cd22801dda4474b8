// Runs the host program with the plugin, and measures its time, CPU and memory.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Child } from "../../support/child.js";
import { pluginEnvironment } from "../../support/environment.js";
import { buildHost, FLB_OK, type Options, PLUGIN } from "../../support/plugin_host.js";

const longestResponseMs = 300_000;
const clockTicksPerSecond = 100;

export interface Flushes {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

export class TimedHost {
  readonly #child: Child;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "timed-host-"));
  #linesTaken = 0;
  #chunks = 0;

  private constructor(program: string, environment: Readonly<Record<string, string>>) {
    this.#child = new Child(program, [], { env: pluginEnvironment(environment), cwd: this.#folder });
  }

  /** Starts the host and loads the plugin, which does not start Node yet. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TimedHost> {
    const host = new TimedHost(await buildHost(), environment);
    await host.#ask(`load ${PLUGIN}`, /^loaded kinesis$/);
    return host;
  }

  /** Opens an instance; returns its number and the seconds that FLBPluginInit took. */
  async open(options: Options): Promise<{ readonly instance: number; readonly seconds: number }> {
    for (const [key, value] of Object.entries(options)) this.#child.write(`option ${key} ${value}`);
    const [, instance, code, microseconds] = await this.#ask("init", /^init (\d+) (-?\d+) (\d+)$/);
    if (Number(code) !== FLB_OK) throw new Error(`init returned ${code ?? "nothing"}:\n${this.#child.stderr}`);
    return { instance: Number(instance), seconds: Number(microseconds) / 1e6 };
  }

  /** Writes a chunk to a file for the host. */
  keepChunk(chunk: Uint8Array): string {
    const file = path.join(this.#folder, `chunk-${this.#chunks++}`);
    writeFileSync(file, chunk);
    return file;
  }

  /** Returns the seconds of one flush, from the call to its reply. */
  async flush(instance: number, chunkFile: string): Promise<number> {
    const [, code, microseconds] = await this.#ask(`flush ${instance} bench ${chunkFile}`, /^flush (-?\d+) (\d+)$/);
    if (Number(code) !== FLB_OK) throw new Error(`a flush got the reply ${code ?? ""}:\n${this.#child.stderr}`);
    return Number(microseconds) / 1e6;
  }

  /** Flushes a chunk `count` times to each instance from `threads` threads each; throws when a flush fails. */
  async flushAll(chunkFile: string, threads: number, count: number): Promise<Flushes> {
    const before = this.#cpuSeconds();
    const command = `flush-all bench ${chunkFile} ${threads} ${count}`;
    const [, errors, , retries, microseconds] = await this.#ask(command, /^flushed (\d+) (\d+) (\d+) (\d+)$/);
    if (errors !== "0" || retries !== "0") throw new Error(`some flushes failed:\n${this.#child.stderr}`);
    return { cpuSeconds: this.#cpuSeconds() - before, wallSeconds: Number(microseconds) / 1e6 };
  }

  async rssMib(): Promise<number> {
    const [, rss] = await this.#ask("memory", /^memory (\d+) \d+ \d+$/);
    return Number(rss) / 1024;
  }

  async stop(): Promise<void> {
    this.#child.closeInput();
    await this.#child.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Returns user and system time of all threads; /proc counts in hundredths of a second. Source: proc_pid_stat(5). */
  #cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  }

  async #ask(command: string, pattern: RegExp): Promise<RegExpExecArray> {
    this.#child.write(command);
    const line = await this.#child.waitUntil(() => this.#nextLine(), `the response to "${command}"`, longestResponseMs);
    const match = pattern.exec(line);
    if (match === null) throw new Error(`"${command}" got the response "${line}":\n${this.#child.stderr}`);
    return match;
  }

  #nextLine(): string | undefined {
    const lines = this.#child.stdout.split("\n");
    return this.#linesTaken < lines.length - 1 ? lines[this.#linesTaken++] : undefined;
  }
}
