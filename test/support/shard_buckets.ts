// What each shard of a stream takes: so many records in a second, and as many at once after a pause.

export class ShardBuckets {
  readonly #buckets = new Map<string, { level: number; atMs: number }>();

  constructor(
    private readonly recordsPerSecond: number,
    private readonly now: () => number,
  ) {}

  /** Whether the shard takes one more record now; if so, it is counted. */
  takes(shard: string): boolean {
    const atMs = this.now();
    const bucket = this.#buckets.get(shard) ?? { level: this.recordsPerSecond, atMs };
    const level = Math.min(this.recordsPerSecond, bucket.level + ((atMs - bucket.atMs) * this.recordsPerSecond) / 1000);
    const isTaken = level >= 1;
    this.#buckets.set(shard, { level: isTaken ? level - 1 : level, atMs });
    return isTaken;
  }
}
