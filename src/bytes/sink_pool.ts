/** Keeps sinks for reuse: allocating and freeing megabytes makes the garbage collector run. */
import { ByteSink } from "./byte_sink.js";

/** Limits on the memory that a pool keeps and on how long. */
export interface SinkPoolLimits {
  /** Maximum bytes of all sinks in the pool together. */
  readonly maxKeptBytes: number;
  /** Time after which an unused sink is freed; at the latest after twice this time. */
  readonly restMs: number;
}

/** Functions that a pool needs from its environment. */
export interface SinkPoolDependencies {
  /** Calls back after a delay; never keeps the process from ending. */
  readonly schedule: (callback: () => void, delayMs: number) => void;
  /** Frees memory immediately instead of at the next garbage collection: an idle process collects none. */
  readonly free: (memory: ArrayBuffer) => void;
  /** Called after unused sinks were freed. */
  readonly rested: () => void;
}

interface Kept {
  readonly sink: ByteSink;
  /** Number of sweeps before the sink's last use. */
  readonly sweep: number;
}

/** A pool of unused sinks, up to a limit. All outputs share one pool. */
export class SinkPool {
  readonly #limits: SinkPoolLimits;
  readonly #dependencies: SinkPoolDependencies;
  /** In the order in which they were given back. The last one is preferred: its memory is in the processor's cache. */
  #kept: Kept[] = [];
  #keptBytes = 0;
  #sweeps = 0;
  #isWatched = false;

  constructor(limits: SinkPoolLimits, dependencies: SinkPoolDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /** Bytes of the sinks in the pool. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Returns an empty sink with room for `capacityBytes`. The caller owns it and may give it back. */
  take(capacityBytes: number): ByteSink {
    let best = -1;
    let bestBytes = Number.POSITIVE_INFINITY;
    for (let index = this.#kept.length - 1; index >= 0; index--) {
      const { capacity } = (this.#kept[index] as Kept).sink;
      if (capacity < capacityBytes || capacity >= bestBytes) continue;
      best = index;
      bestBytes = capacity;
    }
    const [found] = best < 0 ? [] : this.#kept.splice(best, 1);
    if (found === undefined) return new ByteSink(Math.max(capacityBytes, 1));
    this.#keptBytes -= found.sink.capacity;
    found.sink.length = 0;
    return found.sink;
  }

  /** Takes a sink back; nothing may read its memory afterwards. Above the limit, frees the sinks kept longest. */
  give(sink: ByteSink): void {
    this.#kept.push({ sink, sweep: this.#sweeps });
    this.#keptBytes += sink.capacity;
    while (this.#keptBytes > this.#limits.maxKeptBytes) this.#freeOldest();
    this.#watch();
  }

  #freeOldest(): void {
    const oldest = this.#kept.shift();
    if (oldest === undefined) return;
    this.#keptBytes -= oldest.sink.capacity;
    this.#dependencies.free(oldest.sink.bytes.buffer as ArrayBuffer);
  }

  /** Runs one timer at a time while the pool keeps a sink. */
  #watch(): void {
    if (this.#isWatched || this.#kept.length === 0) return;
    this.#isWatched = true;
    this.#dependencies.schedule(() => {
      this.#isWatched = false;
      this.#sweep();
      this.#watch();
    }, this.#limits.restMs);
  }

  /** Frees the sinks unused since the last sweep. They come first, since each use puts a sink at the end. */
  #sweep(): void {
    const before = this.#keptBytes;
    while ((this.#kept[0]?.sweep ?? this.#sweeps) < this.#sweeps) this.#freeOldest();
    this.#sweeps++;
    if (this.#keptBytes < before) this.#dependencies.rested();
  }
}
