// Limits the records of each shard of a stream: a number per second, and as many at once after a pause.

export class ShardBuckets {
  readonly #buckets = new Map<string, { level: number; atMs: number }>();

  constructor(
    private readonly recordsPerSecond: number,
    private readonly now: () => number,
  ) {}

  /** Returns whether the shard accepts one more record now, and counts it. */
  takes(shard: string): boolean {
    const atMs = this.now();
    const bucket = this.#buckets.get(shard) ?? { level: this.recordsPerSecond, atMs };
    const level = Math.min(this.recordsPerSecond, bucket.level + ((atMs - bucket.atMs) * this.recordsPerSecond) / 1000);
    const isTaken = level >= 1;
    this.#buckets.set(shard, { level: isTaken ? level - 1 : level, atMs });
    return isTaken;
  }
}
