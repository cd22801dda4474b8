/** Keeps sinks to be used again: memory of megabytes that comes and goes makes the garbage collector run for it. */
import { ByteSink } from "./byte_sink.js";

/** How much a pool keeps, and for how long. */
export interface SinkPoolLimits {
  /** Of all sinks that wait in the pool. */
  readonly maxKeptBytes: number;
  /** A sink that nobody used for this long is freed, after twice this time at the latest. */
  readonly restMs: number;
}

/** What a pool needs of the world outside. */
export interface SinkPoolDependencies {
  /** Calls back after a delay; never keeps the process from ending. */
  readonly schedule: (callback: () => void, delayMs: number) => void;
  /** Frees memory at once, not when garbage is collected the next time: at rest nothing collects it. */
  readonly free: (memory: ArrayBuffer) => void;
  /** Called after sinks were freed because nobody used them. */
  readonly rested: () => void;
}

interface Kept {
  readonly sink: ByteSink;
  /** The sweep before which it was used last. */
  readonly sweep: number;
}

/** Sinks that nobody uses, up to a limit. All outputs share one pool. */
export class SinkPool {
  readonly #limits: SinkPoolLimits;
  readonly #dependencies: SinkPoolDependencies;
  /** The one that was given back last is at the end: its memory is in the processor's cache. */
  #kept: Kept[] = [];
  #keptBytes = 0;
  #sweeps = 0;
  #isWatched = false;

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

  /** Takes a sink back when nothing reads its memory any more. The sink kept longest makes room for it. */
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

  /** One timer at a time, as long as anything is kept. */
  #watch(): void {
    if (this.#isWatched || this.#kept.length === 0) return;
    this.#isWatched = true;
    this.#dependencies.schedule(() => {
      this.#isWatched = false;
      this.#sweep();
      this.#watch();
    }, this.#limits.restMs);
  }

  /** Frees the sinks that nobody used since the last sweep. They are first, since each use puts a sink at the end. */
  #sweep(): void {
    const before = this.#keptBytes;
    while ((this.#kept[0]?.sweep ?? this.#sweeps) < this.#sweeps) this.#freeOldest();
    this.#sweeps++;
    if (this.#keptBytes < before) this.#dependencies.rested();
  }
}
