/** Aggregates the user records of one chunk and stream, by shard where the shards are known. */
import type { EntryTable } from "./entry_table.js";
import { utf8Bytes } from "../record/partition_key.js";
import type { Md5 } from "./aggregated_record.js";
import { appendLoneRecord } from "./lone_record.js";
import { collisionSafeKey } from "./collision_safe_key.js";
import { OpenAggregate, type AggregateLimits } from "./open_aggregate.js";
import { hashKeyOf, type ShardMap } from "./shard_map.js";

/** Size limits of aggregation, in bytes. */
export interface AggregationLimits extends AggregateLimits {
  /** A user record of this size or larger is sent alone. */
  readonly skipRecordBytes: number;
}

/** The table, shards and functions that {@link Aggregator} uses. */
export interface AggregatorDependencies {
  /** Returns a partition key for an aggregate without one. */
  readonly randomKey: () => string;
  readonly md5: Md5;
  /** Without a shard map, records of all keys share one aggregate. */
  readonly shardMap: ShardMap | undefined;
  /** The stream of all the records; the output's own when unset. */
  readonly stream?: string | undefined;
  /** Its sink holds the user records; the aggregated entries are appended to it. */
  readonly table: EntryTable;
}

const encoder = new TextEncoder();

/** Aggregates user records; records of one partition key share an aggregate, so their order is kept. */
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
   * Adds the user record at the sink's bytes from `start` to `end`, which must not move until {@link close}. A record without a
   * partition key gets the key of its aggregate.
   * @param event the event's position in the chunk
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

  /** Appends the entries of all open aggregates. */
  close(): void {
    for (const aggregate of this.#aggregates.values()) aggregate.take();
  }

  #addTo(key: string, start: number, end: number, event: number): boolean {
    const aggregate = this.#aggregateOf(key);
    this.#latest = aggregate;
    this.#latestKey = key;
    return aggregate.tryAdd(start, end, key, event);
  }

  /** Appends the record's own entry. An open aggregate with a record of the same key is appended first, which keeps the key's order. */
  #sendAlone(start: number, end: number, partitionKey: string | undefined, event: number): void {
    const key = partitionKey ?? this.#dependencies.randomKey();
    const shardId = this.#shardIdOf(key);
    const waiting = this.#aggregates.get(shardId);
    if (waiting?.has(key) === true) waiting.take();
    appendLoneRecord(start, end, key, utf8Bytes(key), event, shardId, this.#dependencies, this.#dependencies.stream);
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
    const safeKey = collisionSafeKey(key);
    let shardId = this.#shardIds.get(safeKey);
    if (shardId === undefined) {
      shardId = shardMap.shardIdOf(hashKeyOf(md5(encoder.encode(key))));
      this.#shardIds.set(safeKey, shardId);
    }
    return shardId;
  }
}
