/** Holds the entries of throttled shards back, while those of other shards go on. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { hashKeyOf, type ShardMap } from "../pack/shard_map.js";
import type { PutRecordsOutcome } from "./put_records.js";
import { ShardLimits } from "./shard_limits.js";
import { isThrottling, shardThrottlingCode } from "./throttling.js";

/** What the throttle of a stream needs of the world outside. */
export interface ShardThrottleDependencies {
  /** Returns the newest map of the stream's shards; undefined without one. */
  readonly shardMap: () => ShardMap | undefined;
  /** Asks for a newer map: shards throttle, and the map may be older than the shards. */
  readonly renewShardMap: () => void;
  /** Returns the MD5 of a partition key. It is called only where there is a map. */
  readonly md5: (key: string) => Uint8Array;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
}

/** Keys of which the shard is kept: of most records the key is one of the last. */
const maxKeys = 1000;
/** Between two requests for a newer map. */
const renewalMs = 60_000;

/** The throttled shards of one stream, and the entries that go to them. */
export class ShardThrottle {
  readonly #dependencies: ShardThrottleDependencies;
  readonly #limits: ShardLimits;
  readonly #shardOfKeys = new Map<string, string | undefined>();
  #map: ShardMap | undefined;
  #renewedMs = Number.NEGATIVE_INFINITY;

  constructor(dependencies: ShardThrottleDependencies) {
    this.#dependencies = dependencies;
    this.#limits = new ShardLimits(dependencies.now);
  }

  /** Whether entries of some shard may have to wait. */
  get isLimiting(): boolean {
    return this.#limits.isLimiting;
  }

  /** Whether an entry may be sent now; if so, it counts as sent. One of which the shard is unknown always may. */
  admits(table: EntryTable, entry: Entry): boolean {
    const shard = this.#shardOf(table, entry);
    return shard === undefined || this.#limits.admits(shard, table.sizes.numbers[entry] as number);
  }

  /** Returns the time until the shard of an entry takes enough for a request. */
  waitMs(table: EntryTable, entry: Entry): number {
    const shard = this.#shardOf(table, entry);
    return shard === undefined ? 0 : this.#limits.waitMs(shard);
  }

  /** Learns from the outcome of a request. Returns whether entries were throttled and the shard of each of them is known. */
  learn(table: EntryTable, batch: readonly Entry[], outcome: PutRecordsOutcome): boolean {
    if (outcome.kind === "failed") return false;
    const throttled = new Set<string>();
    let isAllOfShards = true;
    let hasShardCode = false;
    for (const { index, code } of outcome.failed) {
      if (!isThrottling(code)) continue;
      hasShardCode ||= code === shardThrottlingCode;
      const entry = batch[index];
      const shard = code === shardThrottlingCode && entry !== undefined ? this.#shardOf(table, entry) : undefined;
      if (shard === undefined) isAllOfShards = false;
      else throttled.add(shard);
    }
    for (const shard of throttled) this.#limits.throttled(shard);
    if (hasShardCode) this.#renew();
    return throttled.size > 0 && isAllOfShards;
  }

  #shardOf(table: EntryTable, entry: Entry): string | undefined {
    const shardId = table.shardIds.of(entry);
    const partitionKey = table.partitionKeys[entry];
    const { shardMap, md5 } = this.#dependencies;
    const map = shardMap();
    if (shardId !== undefined || partitionKey === undefined || map === undefined) return shardId;
    if (map !== this.#map) this.#shardOfKeys.clear();
    this.#map = map;
    if (this.#shardOfKeys.has(partitionKey)) return this.#shardOfKeys.get(partitionKey);
    if (this.#shardOfKeys.size >= maxKeys) this.#shardOfKeys.clear();
    const shard = map.shardIdOf(hashKeyOf(md5(partitionKey)));
    this.#shardOfKeys.set(partitionKey, shard);
    return shard;
  }

  #renew(): void {
    const { now, renewShardMap } = this.#dependencies;
    if (now() - this.#renewedMs < renewalMs) return;
    this.#renewedMs = now();
    renewShardMap();
  }
}
