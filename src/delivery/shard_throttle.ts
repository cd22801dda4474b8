/** Holds back the entries of throttled shards, while entries of other shards are sent. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { hashKeyOf, type ShardMap } from "../pack/shard_map.js";
import type { PutRecordsOutcome } from "./kinesis_client.js";
import { ShardLimits } from "./shard_limits.js";
import { isThrottling, shardThrottlingCode } from "./throttling.js";

/** The dependencies of a {@link ShardThrottle}. */
export interface ShardThrottleDependencies {
  /** Returns the newest shard map of the stream; undefined without one. */
  readonly shardMap: () => ShardMap | undefined;
  /** Requests a newer map. Called when shards throttle, since the stream may have been resharded. */
  readonly renewShardMap: () => void;
  /** Returns the MD5 of a partition key. Called only when there is a map. */
  readonly md5: (key: string) => Uint8Array;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
}

/** Maximum number of keys whose shards are cached: most records have a recent key. */
const maxKeys = 1000;
/** Minimum time between two requests for a newer map. */
const minRenewalMs = 60_000;

/** The throttle of one stream, which finds the shard of each entry and applies the shard's limit. */
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

  /** Whether any shard has a limit. */
  get isLimiting(): boolean {
    return this.#limits.isLimiting;
  }

  /** Returns whether an entry may be sent now, and counts it as sent if so. Always true when the entry's shard is unknown. */
  admits(table: EntryTable, entry: Entry): boolean {
    const shard = this.#shardOf(table, entry);
    return shard === undefined || this.#limits.admits(shard, table.sizes.numbers[entry] as number);
  }

  /** Returns the time until the entry's shard accepts enough for a request. */
  waitMs(table: EntryTable, entry: Entry): number {
    const shard = this.#shardOf(table, entry);
    return shard === undefined ? 0 : this.#limits.waitMs(shard);
  }

  /** Learns from the outcome of a request. Returns whether entries were throttled and all their shards are known. */
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

  /** Returns the shard of an entry; undefined when it is unknown. */
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
    if (now() - this.#renewedMs < minRenewalMs) return;
    this.#renewedMs = now();
    renewShardMap();
  }
}
