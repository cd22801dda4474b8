// Counts executed code with V8's own coverage: a measure of work that does not depend on the machine's load.
import { Session, type Profiler } from "node:inspector";
import { setFlagsFromString } from "node:v8";

export interface Cost {
  /** Runs of all blocks of code together: grows like the time, but without noise. Excludes Node's native code. */
  readonly steps: number;
  /** The blocks that ran, and roughly how often: one number for each block and each power of two. */
  readonly traces: readonly number[];
}

/** V8's compilers that inline calls. Node 20 does not know the second. */
const compilers = Number.parseInt(process.versions.node, 10) < 22 ? ["opt"] : ["opt", "maglev"];

/**
 * Watches the files in `src`. Functions that ran before are watched only as wholes: import them afterwards. V8 does not count
 * inlined calls, and it inlines at unpredictable times.
 */
export class CostMeter {
  readonly #session = new Session();
  readonly #compilers: readonly string[];

  /** @param counts "all" counts all runs of a function: V8 then compiles nothing until {@link close}, and is about three times slower */
  constructor(counts: "all" | "most" = "most") {
    this.#compilers = counts === "most" ? [] : compilers;
    for (const compiler of this.#compilers) setFlagsFromString(`--no-${compiler}`);
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Returns the cost since the last call. */
  take(): Cost {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // The response comes before post returns: the session is of this thread.
    this.#session.post("Profiler.takePreciseCoverage", (error, answer) => {
      if (error !== null) throw error;
      scripts = answer.result;
    });
    let steps = 0;
    const traces: number[] = [];
    for (const { url, scriptId, functions } of scripts) {
      if (!url.includes("/src/") || url.includes("/node_modules/")) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          // V8 counts in 32 bits, one of which is read as a sign here.
          steps += count >>> 0;
          traces.push(traceOf(Number(scriptId), startOffset, endOffset, 32 - Math.clz32(count)));
        }
      }
    }
    return { steps, traces };
  }

  close(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
    for (const compiler of this.#compilers) setFlagsFromString(`--${compiler}`);
  }
}

function traceOf(...parts: readonly number[]): number {
  let hash = 2166136261;
  for (const part of parts) hash = Math.imul(hash ^ part, 16777619) ^ (hash >>> 15);
  return hash >>> 0;
}
