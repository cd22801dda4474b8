/** Limits the rate to each throttled shard, adapted to how much the shard accepts. */
import { shardPerSecond } from "../limits.js";

/** The limit of a shard that throttled recently: a token bucket in seconds of the shard's quota. */
interface Limit {
  /** Rate as a multiple of the shard's quota; other producers may use a part of the quota. */
  rate: number;
  /** What may be sent now, in seconds of the quota; below zero after an entry larger than the rest. */
  level: number;
  updatedMs: number;
  throttledMs: number;
  /** Time of the last lowering of the rate. */
  loweredMs: number;
}

/** Minimum time between two lowerings. The quota is per second: earlier requests say nothing about the new rate. */
const minLoweringIntervalMs = 1000;
/** Factor of one lowering. */
const loweringFactor = 0.7;
/**
 * Returns the rise of a rate per second. Without other producers a shard is back at its quota 2 s after a lowering; a shard that
 * throttles each second comes down to a quarter of its quota.
 */
const risePerSecond = (rate: number) => 0.05 + 0.1 * rate;
/** Maximum level, in seconds of the rate. */
const maxSeconds = 0.5;
/** Minimum level worth a request, in seconds of the rate: 100 records at the quota. */
const minSeconds = 0.1;
/** Time without throttling after which a shard has no limit any more: it was split, or other producers have stopped. */
const expiryMs = 5000;

/** The limits of one stream's throttled shards. */
export class ShardLimits {
  readonly #now: () => number;
  readonly #limits = new Map<string, Limit>();
  #throttledMs = Number.NEGATIVE_INFINITY;

  /** @param now returns milliseconds that never decrease */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether any shard has a limit. */
  get isLimiting(): boolean {
    return this.#now() - this.#throttledMs < expiryMs;
  }

  /** Lowers the limit of a shard that throttled entries of a request, or creates the limit. */
  throttled(shard: string): void {
    // Removes the limits of closed shards, which would stay forever.
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
    if (now - limit.loweredMs < minLoweringIntervalMs) return;
    limit.loweredMs = now;
    limit.rate *= loweringFactor;
  }

  /** Returns whether an entry may be sent to the shard now, and counts it as sent if so. @param sizeBytes size of data and partition key */
  admits(shard: string, sizeBytes: number): boolean {
    const limit = this.#limitOf(shard);
    if (limit === undefined) return true;
    if (limit.level <= 0) return false;
    limit.level -= Math.max(1 / shardPerSecond.records, sizeBytes / shardPerSecond.bytes);
    return true;
  }

  /** Returns the time until the shard accepts enough for a request. */
  waitMs(shard: string): number {
    const limit = this.#limitOf(shard);
    return limit === undefined ? 0 : Math.max(0, (1000 * (minSeconds * limit.rate - limit.level)) / limit.rate);
  }

  /** Returns the updated limit of a shard; undefined when it has none. */
  #limitOf(shard: string): Limit | undefined {
    const limit = this.#limits.get(shard);
    if (limit === undefined) return undefined;
    const now = this.#now();
    if (now - limit.throttledMs >= expiryMs) {
      this.#limits.delete(shard);
      return undefined;
    }
    const seconds = (now - limit.updatedMs) / 1000;
    limit.updatedMs = now;
    limit.level = Math.min(maxSeconds * limit.rate, limit.level + seconds * limit.rate);
    limit.rate += seconds * risePerSecond(limit.rate);
    return limit;
  }
}
