// A child process of a test: keeps its output, waits for text or its end, and never outlives the test run.
import { type ChildProcess, spawn } from "node:child_process";

export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildSettings {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

const DEFAULT_WAIT_MS = 60_000;

export class Child {
  /** Standard output and standard error so far. */
  stdout = "";
  stderr = "";
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #end: ChildEnd | undefined;

  constructor(
    readonly command: string,
    args: readonly string[],
    settings: ChildSettings = {},
  ) {
    this.#process = spawn(command, args, { ...settings, stdio: ["pipe", "pipe", "pipe"] });
    alive.add(this.#process);
    this.#process.stdin?.on("error", () => undefined);
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#notify();
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#notify();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (status, signal) => {
        alive.delete(this.#process);
        this.#end = { status, signal };
        this.#notify();
        resolve(this.#end);
      });
    });
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** All output so far, for messages of failures. */
  get output(): string {
    return `${this.stdout}\n${this.stderr}`;
  }

  write(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  closeInput(): void {
    this.#process.stdin?.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves with the first value other than undefined that `look` returns; rejects when the process ends without one. */
  async waitUntil<T>(look: () => T | undefined, what: string, timeoutMs = DEFAULT_WAIT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        this.#watchers.delete(check);
        clearTimeout(timer);
      };
      const fail = (reason: string): void => {
        finish();
        reject(new Error(`${this.command} ${reason} while waiting for ${what}; it wrote:\n${this.output.slice(-4000)}`));
      };
      const check = (): void => {
        const found = look();
        if (found !== undefined) {
          finish();
          resolve(found);
        } else if (this.#end !== undefined) {
          fail(`ended with ${this.#end.signal ?? `status ${this.#end.status}`}`);
        }
      };
      const timer = setTimeout(() => fail("took too long"), timeoutMs);
      this.#watchers.add(check);
      check();
    });
  }

  /** Waits for the pattern on standard error or standard output. */
  async waitForText(pattern: RegExp, timeoutMs = DEFAULT_WAIT_MS): Promise<string> {
    return this.waitUntil(() => pattern.exec(this.output)?.[0], String(pattern), timeoutMs);
  }

  /** Kills the process immediately. */
  async destroy(): Promise<void> {
    if (!this.hasEnded) this.kill("SIGKILL");
    await this.ended.catch(() => undefined);
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
