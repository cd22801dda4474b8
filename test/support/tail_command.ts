// Runs the command that reads a stream as a user does: scripts/tail.mjs in a separate process.
import { fileURLToPath } from "node:url";
import { Child, type ChildEnd } from "./child.js";
import { type Environment, pluginEnvironment } from "./environment.js";

const script = fileURLToPath(new URL("../../scripts/tail.mjs", import.meta.url));

export interface TailEnd extends ChildEnd {
  /** Lines of standard output. */
  readonly lines: string[];
  readonly stderr: string;
}

export class TailCommand {
  readonly child: Child;

  constructor(args: readonly string[], environment: Environment = {}) {
    // A libnode's libraries are not for the node that runs the command.
    const env = pluginEnvironment({ LD_LIBRARY_PATH: undefined, ...environment });
    this.child = new Child(process.execPath, [script, ...args], { env });
  }

  /** Waits until the command reads: records sent from now on are "latest". */
  async reads(): Promise<void> {
    await this.child.waitUntil(() => (/^Reading .* Ctrl-C ends\.$/mu.test(this.child.stderr) ? true : undefined), "its first line");
  }

  /** Waits for this many lines of output. */
  async prints(count: number): Promise<string[]> {
    return this.child.waitUntil(() => (this.#lines().length >= count ? this.#lines() : undefined), `${count} lines`);
  }

  async ended(): Promise<TailEnd> {
    const { status, signal } = await this.child.ended;
    return { status, signal, lines: this.#lines(), stderr: this.child.stderr };
  }

  /** Ends the command as Ctrl-C does. */
  async interrupt(): Promise<TailEnd> {
    this.child.kill("SIGINT");
    return this.ended();
  }

  async destroy(): Promise<void> {
    await this.child.destroy();
  }

  #lines(): string[] {
    return this.child.stdout.split("\n").slice(0, -1);
  }
}
