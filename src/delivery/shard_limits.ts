/** Learns how much each throttled shard takes, and lets so much go to it. */
import { shardPerSecond } from "../limits.js";

/** A shard that has throttled lately. */
interface Limit {
  /** Multiples of what a shard takes in a second by its quota; other producers may use a part of it. */
  rate: number;
  /** Seconds of a shard by its quota that may be sent now. Below zero after an entry of more than there was. */
  level: number;
  updatedMs: number;
  throttledMs: number;
  /** When the rate was lowered last. */
  loweredMs: number;
}

/** The quota is one of seconds: what was sent before a limit was lowered says nothing about the new one. */
const betweenLoweringsMs = 1000;
const lowering = 0.7;
/**
 * By which a rate rises in a second. A shard of ours alone is at its quota again 2 s after a lowering; one that throttles each second
 * comes down to a quarter of its quota.
 */
const rise = (rate: number) => 0.05 + 0.1 * rate;
const maxSeconds = 0.5;
/** Worth a request, of 100 records by the quota. */
const leastSeconds = 0.1;
/** A shard that has not throttled for so long has no limit any more: it was split, or other producers have stopped. */
const longestMs = 5000;

/** The throttled shards of one stream. */
export class ShardLimits {
  readonly #now: () => number;
  readonly #limits = new Map<string, Limit>();
  #throttledMs = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds that only ever grow */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether a shard has a limit. */
  get isLimiting(): boolean {
    return this.#now() - this.#throttledMs < longestMs;
  }

  /** A request had entries that the shard throttled. */
  throttled(shard: string): void {
    // Shards that are no more throttle no more.
    if (!this.isLimiting) this.#limits.clear();
    const now = this.#now();
    this.#throttledMs = now;
    const limit = this.#limitOf(shard);
    if (limit === undefined) {
      this.#limits.set(shard, { rate: 1, level: 0, updatedMs: now, throttledMs: now, loweredMs: now });
      return;
    }
    limit.throttledMs = now;
    limit.level = Math.min(limit.level, 0);
    if (now - limit.loweredMs < betweenLoweringsMs) return;
    limit.loweredMs = now;
    limit.rate *= lowering;
  }

  /** Whether an entry may be sent to the shard now; if so, it counts as sent. @param sizeBytes data and partition key */
  admits(shard: string, sizeBytes: number): boolean {
    const limit = this.#limitOf(shard);
    if (limit === undefined) return true;
    if (limit.level <= 0) return false;
    limit.level -= Math.max(1 / shardPerSecond.records, sizeBytes / shardPerSecond.bytes);
    return true;
  }

  /** Returns the time until the shard takes enough for a request. */
  waitMs(shard: string): number {
    const limit = this.#limitOf(shard);
    return limit === undefined ? 0 : Math.max(0, (1000 * (leastSeconds * limit.rate - limit.level)) / limit.rate);
  }

  /** Returns the limit of a shard at this moment; undefined when it has none. */
  #limitOf(shard: string): Limit | undefined {
    const limit = this.#limits.get(shard);
    if (limit === undefined) return undefined;
    const now = this.#now();
    if (now - limit.throttledMs >= longestMs) {
      this.#limits.delete(shard);
      return undefined;
    }
    const seconds = (now - limit.updatedMs) / 1000;
    limit.updatedMs = now;
    limit.level = Math.min(maxSeconds * limit.rate, limit.level + seconds * limit.rate);
    limit.rate += seconds * rise(limit.rate);
    return limit;
  }
}
