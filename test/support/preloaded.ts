// A script that Node runs before the core and that does its deed, once, when the test gives the cue.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Environment } from "./environment.js";

/** What can become of Node: each a script for `Preloaded`. */
export const NODE_ENDS = {
  "calls process.exit": "process.exit(7);",
  "aborts": "process.abort();",
  "runs out of heap": "const all = []; for (;;) all.push(new Array(1000).fill({}).map(() => ({})));",
} as const;

export class Preloaded {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "preloaded-"));

  constructor(deed: string) {
    // Whoever removes the cue does the deed: a Node that is started after it does not.
    const watch = `try { require("fs").unlinkSync(${JSON.stringify(this.#cue)}); } catch { return; } clearInterval(timer); ${deed}`;
    writeFileSync(this.#script, `const timer = setInterval(() => { ${watch} }, 20); timer.unref();`);
  }

  get #cue(): string {
    return path.join(this.#folder, "cue");
  }

  get #script(): string {
    return path.join(this.#folder, "script.cjs");
  }

  /** The process's, so that Node has the script; its heap is small. */
  get environment(): Environment {
    return { KINESIS_NODE_OPTIONS: `--max-old-space-size=64 --require ${this.#script}` };
  }

  /** The deed is done soon after. */
  cue(): void {
    writeFileSync(this.#cue, "");
  }

  /** Whether the deed has begun. */
  get isCueTaken(): boolean {
    return !existsSync(this.#cue);
  }

  async destroy(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }
}
