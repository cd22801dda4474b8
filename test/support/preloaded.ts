// A script that Node runs before the core and that does its deed when the test gives the cue.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
    const watch = `if (require("fs").existsSync(${JSON.stringify(this.#cue)})) { clearInterval(timer); ${deed} }`;
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
    return { NODE_OPTIONS: `--max-old-space-size=64 --require ${this.#script}` };
  }

  /** The deed is done soon after. */
  cue(): void {
    writeFileSync(this.#cue, "");
  }

  async destroy(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }
}
