/** Gathers the user records of one chunk and stream into aggregated records, one for each shard where the shards are known. */
import type { EntryTable } from "./entry_table.js";
import { utf8Bytes } from "../record/partition_key.js";
import type { Md5 } from "./aggregated_record.js";
import { loneRecord } from "./lone_record.js";
import { mapKey } from "./map_key.js";
import { OpenAggregate, type AggregateLimits } from "./open_aggregate.js";
import { hashKeyOf, type ShardMap } from "./shard_map.js";

/** Sizes of aggregation, in bytes. */
export interface AggregationLimits extends AggregateLimits {
  /** A user record of this size or more is sent on its own. */
  readonly skipRecordBytes: number;
}

/** What aggregation needs of the world outside. */
export interface AggregatorDependencies {
  /** A partition key for an aggregate without one. */
  readonly randomKey: () => string;
  readonly md5: Md5;
  /** Without one, records of all keys share one aggregate. */
  readonly shardMap: ShardMap | undefined;
  /** Of all the records; the output's own when unset. */
  readonly stream?: string | undefined;
  /** The user records lie in its sink; the entries that are made of them are appended. */
  readonly table: EntryTable;
}

const encoder = new TextEncoder();

/** Keeps the order of the records of one partition key: they go through the same aggregate, one after another. */
export class Aggregator {
  readonly #limits: AggregationLimits;
  readonly #dependencies: AggregatorDependencies;
  readonly #aggregates = new Map<string | undefined, OpenAggregate>();
  readonly #shardIds = new Map<string, string | undefined>();
  #latest: OpenAggregate | undefined;
  #latestKey: string | undefined;

  constructor(limits: AggregationLimits, dependencies: AggregatorDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /**
   * Takes the user record at the sink's bytes from `start` to `end`, which must stay there until {@link close}. Without a
   * partition key it goes by that of the aggregate that it falls into.
   * @param event its position in the chunk
   */
  add(start: number, end: number, partitionKey: string | undefined, event: number): void {
    if (end - start >= this.#limits.skipRecordBytes) return this.#sendAlone(start, end, partitionKey, event);
    const shared = partitionKey ?? this.#latest?.firstKey;
    if (shared !== undefined) {
      if (this.#addTo(shared, start, end, event)) return;
      this.#aggregateOf(shared).take();
    }
    const key = partitionKey ?? this.#dependencies.randomKey();
    if (this.#addTo(key, start, end, event)) return;
    this.#aggregateOf(key).take();
    if (!this.#addTo(key, start, end, event)) this.#sendAlone(start, end, key, event);
  }

  /** Appends what has been gathered, if anything. */
  close(): void {
    for (const aggregate of this.#aggregates.values()) aggregate.take();
  }

  #addTo(key: string, start: number, end: number, event: number): boolean {
    const aggregate = this.#aggregateOf(key);
    this.#latest = aggregate;
    this.#latestKey = key;
    return aggregate.tryAdd(start, end, key, event);
  }

  /** A record of the same key that waits in an aggregate goes out before it, so that the key's order is kept. */
  #sendAlone(start: number, end: number, partitionKey: string | undefined, event: number): void {
    const key = partitionKey ?? this.#dependencies.randomKey();
    const shardId = this.#shardIdOf(key);
    const waiting = this.#aggregates.get(shardId);
    if (waiting?.has(key) === true) waiting.take();
    loneRecord(start, end, key, utf8Bytes(key), event, shardId, this.#dependencies, this.#dependencies.stream);
  }

  #aggregateOf(key: string): OpenAggregate {
    if (key === this.#latestKey && this.#latest !== undefined) return this.#latest;
    const shardId = this.#shardIdOf(key);
    let aggregate = this.#aggregates.get(shardId);
    if (aggregate === undefined) {
      aggregate = new OpenAggregate(this.#limits, this.#dependencies.md5, this.#dependencies.table, shardId, this.#dependencies.stream);
      this.#aggregates.set(shardId, aggregate);
    }
    return aggregate;
  }

  #shardIdOf(key: string): string | undefined {
    const { shardMap, md5 } = this.#dependencies;
    if (shardMap === undefined) return undefined;
    const known = mapKey(key);
    let shardId = this.#shardIds.get(known);
    if (shardId === undefined) {
      shardId = shardMap.shardIdOf(hashKeyOf(md5(encoder.encode(key))));
      this.#shardIds.set(known, shardId);
    }
    return shardId;
  }
}
