// A script that Node runs before the core, and that acts once when the test gives the cue.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Environment } from "./environment.js";

/** Ways in which Node can end, each a script for `Preloaded`. */
export const NODE_ENDS = {
  "calls process.exit": "process.exit(7);",
  "aborts": "process.abort();",
  "runs out of heap": "const all = []; for (;;) all.push(new Array(1000).fill({}).map(() => ({})));",
} as const;

export class Preloaded {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "preloaded-"));

  constructor(deed: string) {
    // The process that removes the cue file acts: a Node that starts later does not.
    const watch = `try { require("fs").unlinkSync(${JSON.stringify(this.#cue)}); } catch { return; } clearInterval(timer); ${deed}`;
    writeFileSync(this.#script, `const timer = setInterval(() => { ${watch} }, 20); timer.unref();`);
  }

  get #cue(): string {
    return path.join(this.#folder, "cue");
  }

  get #script(): string {
    return path.join(this.#folder, "script.cjs");
  }

  /** Environment with which Node runs the script, with a small heap. */
  get environment(): Environment {
    return { KINESIS_NODE_OPTIONS: `--max-old-space-size=64 --require ${this.#script}` };
  }

  /** Gives the cue; the script acts soon after. */
  cue(): void {
    writeFileSync(this.#cue, "");
  }

  /** Whether the script has begun to act. */
  get isCueTaken(): boolean {
    return !existsSync(this.#cue);
  }

  async destroy(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }
}
