// A pool of sinks whose timer runs only when a test says so.
import { SinkPool } from "../../src/bytes/sink_pool.js";

export interface TimedPool {
  readonly pool: SinkPool;
  /** Bytes of each array that was freed, in order. */
  readonly freedBytes: readonly number[];
  /** The delays of the timers that run. */
  readonly timers: readonly number[];
  /** What the pool kept at each rest. */
  readonly rests: readonly number[];
  /** Lets the oldest timer end. */
  readonly endTimer: () => void;
}

/** Makes a pool that keeps this many bytes, and frees them after 5 s of rest. */
export function timedPool(maxKeptBytes = Number.POSITIVE_INFINITY): TimedPool {
  const freedBytes: number[] = [];
  const timers: number[] = [];
  const rests: number[] = [];
  const callbacks: (() => void)[] = [];
  const pool = new SinkPool(
    { maxKeptBytes, restMs: 5000 },
    {
      schedule: (callback, delayMs) => {
        callbacks.push(callback);
        timers.push(delayMs);
      },
      free: (memory) => void freedBytes.push(memory.byteLength),
      rested: () => void rests.push(pool.keptBytes),
    },
  );
  const endTimer = () => {
    timers.shift();
    callbacks.shift()?.();
  };
  return { pool, freedBytes, timers, rests, endTimer };
}
