// Drives the host program (test/native/host.cc), which treats the plugin as Fluent Bit's proxy does.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child, type ChildEnd } from "./child.js";
import type { Environment } from "./environment.js";
import { type HostProgram, nativeHost } from "./host_program.js";

export { buildHost, PLUGIN, ROOT } from "./host_program.js";
/** Fluent Bit's codes of the replies. */
export const FLB_ERROR = 0;
export const FLB_OK = 1;
export const FLB_RETRY = 2;

const LONGEST_RETRY_MS = 60_000;

export type Options = Readonly<Record<string, string>>;

export interface FlushCounts {
  readonly errors: number;
  readonly oks: number;
  readonly retries: number;
}

export interface Memory {
  readonly rssKib: number;
  readonly threads: number;
  readonly descriptors: number;
}

export interface HostEnd extends ChildEnd {
  readonly stderr: string;
}

export class PluginHost {
  readonly #child: Child;
  readonly #program: HostProgram;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "plugin-host-"));
  #linesTaken = 0;
  #chunks = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(program: HostProgram, environment: Environment) {
    this.#program = program;
    const { command, args } = program;
    this.#child = new Child(command, args, { env: program.environment(environment), cwd: this.#folder });
    void this.#child.ended.finally(() => rmSync(this.#folder, { recursive: true, force: true })).catch(() => undefined);
  }

  /** Starts the host in an empty folder, without the plugin loaded. */
  static async start(environment: Environment = {}, program?: HostProgram): Promise<PluginHost> {
    return new PluginHost(program ?? (await nativeHost()), environment);
  }

  /** Starts the host with the plugin loaded. */
  static async withPlugin(environment: Environment = {}, plugin?: string, program?: HostProgram): Promise<PluginHost> {
    const host = await PluginHost.start(environment, program);
    try {
      await host.load(plugin);
    } catch (error) {
      await host.destroy();
      throw error;
    }
    return host;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get stderr(): string {
    return this.#child.stderr;
  }

  async load(plugin = this.#program.plugin): Promise<void> {
    await this.#ask(`load ${this.#program.pathOf(plugin)}`, /^loaded kinesis$/);
  }

  /** @param bytes options whose values need not be UTF-8 */
  async init(options: Options, bytes: Readonly<Record<string, Uint8Array>> = {}): Promise<{ instance: number; code: number }> {
    for (const [key, value] of Object.entries(options)) this.#child.write(`option ${key} ${value}`);
    for (const [key, value] of Object.entries(bytes)) this.#child.write(`option-bytes ${key} ${Buffer.from(value).toString("hex")}`);
    const [, instance, code] = await this.#ask("init", /^init (\d+) (-?\d+) \d+$/);
    return { instance: Number(instance), code: Number(code) };
  }

  /** Initialises an instance, which must succeed. */
  async open(options: Options): Promise<number> {
    const { instance, code } = await this.init(options);
    if (code !== FLB_OK) throw new Error(`init returned ${code}:\n${this.stderr}`);
    return instance;
  }

  async flush(instance: number, chunk: Uint8Array, tag = "test.tag"): Promise<number> {
    const [, code] = await this.#ask(`flush ${instance} ${tag} ${this.#fileOf(chunk)}`, /^flush (-?\d+) \d+$/);
    return Number(code);
  }

  /** Flushes repeatedly, as Fluent Bit does, while the reply is retry; returns the last reply. */
  async flushUntilDone(instance: number, chunk: Uint8Array): Promise<number> {
    const deadline = Date.now() + LONGEST_RETRY_MS;
    for (;;) {
      const code = await this.flush(instance, chunk);
      if (code !== FLB_RETRY || Date.now() > deadline) return code;
      await sleep(20);
    }
  }

  async flushMany(instance: number, chunk: Uint8Array, threads: number, count: number): Promise<FlushCounts> {
    const command = `flush-many ${instance} test.tag ${this.#fileOf(chunk)} ${threads} ${count}`;
    const [, errors, oks, retries] = await this.#ask(command, /^flushed (\d+) (\d+) (\d+) \d+$/);
    return { errors: Number(errors), oks: Number(oks), retries: Number(retries) };
  }

  /** Flushes to each instance with `threads` threads, all concurrently. */
  async flushAll(chunk: Uint8Array, threads: number, count: number): Promise<FlushCounts> {
    const command = `flush-all test.tag ${this.#fileOf(chunk)} ${threads} ${count}`;
    const [, errors, oks, retries] = await this.#ask(command, /^flushed (\d+) (\d+) (\d+) \d+$/);
    return { errors: Number(errors), oks: Number(oks), retries: Number(retries) };
  }

  /** Starts a flush in a new thread; returns its number for `replyOf`. */
  async start(instance: number, chunk: Uint8Array, tag = "test.tag"): Promise<number> {
    const [, number] = await this.#ask(`start ${instance} ${tag} ${this.#fileOf(chunk)}`, /^started (\d+)$/);
    return Number(number);
  }

  /** Waits for the reply to a started flush. */
  async replyOf(started: number): Promise<number> {
    const line = await this.waitForMessage(new RegExp(`host: flush ${started} got reply \\d`));
    return Number(line.at(-1));
  }

  /** Replies to started flushes so far, by number. */
  get replies(): Map<number, number> {
    const lines = [...this.stderr.matchAll(/host: flush (\d+) got reply (\d)/g)];
    return new Map(lines.map(([, started, code]) => [Number(started), Number(code)]));
  }

  /** Calls the exit also of an instance that has exited, or was never initialised. */
  async exitAgain(instance: number): Promise<number> {
    const [, code] = await this.#ask(`exit-again ${instance}`, /^exited (-?\d+)$/);
    return Number(code);
  }

  /** Loads and initialises another Go-style plugin next to ours; returns the result of its init. */
  async loadAlso(plugin: string): Promise<number> {
    const [, code] = await this.#ask(`also ${plugin}`, /^also \S+ (-?\d+)$/);
    return Number(code);
  }

  /** Flushes to that other plugin. */
  async flushAlso(chunk: Uint8Array): Promise<number> {
    const [, code] = await this.#ask(`also-flush test.tag ${this.#fileOf(chunk)}`, /^also-flushed (-?\d+)$/);
    return Number(code);
  }

  async exit(instance: number): Promise<number> {
    const [, code] = await this.#ask(`exit ${instance}`, /^exited (-?\d+)$/);
    return Number(code);
  }

  async unload(): Promise<void> {
    await this.#ask("unload", /^unloaded$/);
  }

  async memory(): Promise<Memory> {
    const [, rss, threads, descriptors] = await this.#ask("memory", /^memory (\d+) (\d+) (\d+)$/);
    return { rssKib: Number(rss), threads: Number(threads), descriptors: Number(descriptors) };
  }

  /** Opens a file in a way that programs which the process starts inherit it. */
  async openInheritable(file: string): Promise<void> {
    await this.#ask(`open ${this.#program.pathOf(file)}`, /^opened$/);
  }

  /** Returns whether SIGINT and SIGTERM still have the host's own handlers. */
  async ownsSignals(): Promise<{ sigint: boolean; sigterm: boolean }> {
    const [, sigint, sigterm] = await this.#ask("signals", /^signals ([01]) ([01])$/);
    return { sigint: sigint === "1", sigterm: sigterm === "1" };
  }

  /** The plugin's warnings and errors so far, one per line. */
  get problems(): string[] {
    return this.stderr.split("\n").filter((line) => /level="?(warn|error|fatal)/.test(line));
  }

  /** Flags (O_NONBLOCK and so on) of the host's standard input, output and error. */
  get standardStreamFlags(): string[] {
    return [0, 1, 2].map((fd) => {
      const info = readFileSync(`/proc/${this.#child.pid}/fdinfo/${fd}`, "utf8");
      return /^flags:\s*(\d+)$/m.exec(info)?.[1] ?? "";
    });
  }

  async waitForMessage(pattern: RegExp): Promise<string> {
    return this.#child.waitUntil(() => pattern.exec(this.stderr)?.[0], String(pattern));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for an end caused by a signal. */
  async ended(): Promise<HostEnd> {
    return { ...(await this.#child.ended), stderr: this.stderr };
  }

  /** Ends the host by a command, as stopping its service ends Fluent Bit on Windows. */
  async quit(): Promise<HostEnd> {
    this.#child.write("quit");
    return this.ended();
  }

  /** Closes the host's input, which ends it as Fluent Bit ends. */
  async end(): Promise<HostEnd> {
    this.#child.closeInput();
    return this.ended();
  }

  async destroy(): Promise<void> {
    await this.#child.destroy();
  }

  #fileOf(chunk: Uint8Array): string {
    const file = path.join(this.#folder, `chunk-${this.#chunks++}`);
    writeFileSync(file, chunk);
    return this.#program.pathOf(file);
  }

  // One command at a time: waits for the response line before the next command.
  async #ask(command: string, pattern: RegExp): Promise<RegExpExecArray> {
    const turn = this.#turn.then(async () => {
      this.#child.write(command);
      const line = await this.#child.waitUntil(() => this.#nextLine(), `the response to "${command}"`, 300_000);
      const match = pattern.exec(line);
      if (match === null) throw new Error(`"${command}" got the response "${line}":\n${this.stderr}`);
      return match;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #nextLine(): string | undefined {
    const lines = this.#child.stdout.split("\n");
    return this.#linesTaken < lines.length - 1 ? lines[this.#linesTaken++] : undefined;
  }
}
