/** Keeps sinks to be used again: memory of megabytes that comes and goes makes the garbage collector run for it. */
import { ByteSink } from "./byte_sink.js";

/** How much a pool keeps, and for how long. */
export interface SinkPoolLimits {
  /** Of all sinks that wait in the pool. */
  readonly maxKeptBytes: number;
  /** After so long without use the pool frees what it keeps. */
  readonly restMs: number;
}

/** What a pool needs of the world outside. */
export interface SinkPoolDependencies {
  /** Calls back after so long; never keeps the process from ending. */
  readonly schedule: (callback: () => void, delayMs: number) => void;
  /** Frees memory at once, not when garbage is collected the next time: at rest nothing collects it. */
  readonly free: (memory: ArrayBuffer) => void;
  /** Called at rest, when the pool has freed what it kept. */
  readonly rested: () => void;
}

/** Sinks that nobody uses, up to a limit. All outputs share one pool. */
export class SinkPool {
  readonly #limits: SinkPoolLimits;
  readonly #dependencies: SinkPoolDependencies;
  /** The one that was given back last is at the end: its memory is in the processor's cache. */
  #kept: ByteSink[] = [];
  #keptBytes = 0;
  #isWatched = false;
  #wasUsed = false;

  constructor(limits: SinkPoolLimits, dependencies: SinkPoolDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /** Bytes that the pool keeps. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** An empty sink with room for so many bytes. It is the caller's until it is given back; it need not be. */
  take(capacityBytes: number): ByteSink {
    this.#wasUsed = true;
    let best = -1;
    let bestBytes = Number.POSITIVE_INFINITY;
    for (let index = this.#kept.length - 1; index >= 0; index--) {
      const { capacity } = this.#kept[index] as ByteSink;
      if (capacity < capacityBytes || capacity >= bestBytes) continue;
      best = index;
      bestBytes = capacity;
    }
    const [sink] = best < 0 ? [] : this.#kept.splice(best, 1);
    if (sink === undefined) return new ByteSink(Math.max(capacityBytes, 1));
    this.#keptBytes -= sink.capacity;
    sink.length = 0;
    return sink;
  }

  /** Takes a sink back when nothing reads its memory any more. What has been kept longest makes room for it. */
  give(sink: ByteSink): void {
    this.#wasUsed = true;
    this.#kept.push(sink);
    this.#keptBytes += sink.capacity;
    while (this.#keptBytes > this.#limits.maxKeptBytes) this.#freeOldest();
    this.#watch();
  }

  #freeOldest(): void {
    const oldest = this.#kept.shift();
    if (oldest === undefined) return;
    this.#keptBytes -= oldest.capacity;
    this.#dependencies.free(oldest.bytes.buffer as ArrayBuffer);
  }

  /** One timer at a time, which starts again as long as the pool is used. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#wasUsed = false;
    this.#dependencies.schedule(() => {
      this.#isWatched = false;
      if (this.#wasUsed) return this.#watch();
      while (this.#kept.length > 0) this.#freeOldest();
      this.#dependencies.rested();
    }, this.#limits.restMs);
  }
}
