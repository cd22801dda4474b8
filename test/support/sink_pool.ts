// A pool of sinks whose timer runs only when a test triggers it.
import { SinkPool } from "../../src/bytes/sink_pool.js";

export interface TimedPool {
  readonly pool: SinkPool;
  /** Bytes of each freed array, in order. */
  readonly freedBytes: readonly number[];
  /** Delays of the running timers. */
  readonly timers: readonly number[];
  /** Bytes that the pool kept at each rest. */
  readonly rests: readonly number[];
  /** Ends the oldest timer. */
  readonly endTimer: () => void;
}

/** Returns a pool that keeps this many bytes, and frees them after 5 s of rest. */
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
