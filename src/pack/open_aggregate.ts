/** An aggregated record while it is filled: its key tables, user records and exact size. */
import { NumberColumn } from "./columns.js";
import type { Entry, EntryTable } from "./entry_table.js";
import { appendAggregatedRecord, framingBytes, subRecordBytes, tableEntryBytes, type Md5 } from "./aggregated_record.js";
import { collisionSafeKey } from "./collision_safe_key.js";
import { hashKeyOf } from "./shard_map.js";

/** Size limits of an aggregated record, in bytes. */
export interface AggregateLimits {
  /** An aggregate is closed when the next user record would make it this large or larger. */
  readonly maximumRecordBytes: number;
  /** The service's limit for an aggregated record, its partition key included. */
  readonly serviceRecordBytes: number;
}

const encoder = new TextEncoder();

/**
 * An aggregated record that is being filled. Its first user record's partition key routes it. User records with another key carry the
 * first key's MD5 as explicit hash key: Kinesis Client Library drops a whole aggregate if one user record's hash key lies outside the
 * shard, and the first key's always lies in the aggregate's own shard, even after a split.
 */
export class OpenAggregate {
  readonly #limits: AggregateLimits;
  readonly #md5: Md5;
  readonly #table: EntryTable;
  readonly #shardId: string | undefined;
  readonly #stream: string | undefined;

  #keys = new Map<string, number>();
  #encodedKeys: Uint8Array[] = [];
  #firstKey: string | undefined;
  // Cached: the next record most often has the same key.
  #latestKey: string | undefined;
  #latestIndex = 0;
  #explicitHashKey: Uint8Array | undefined;
  // Laid out as SubRecords.
  readonly #records = new NumberColumn();
  readonly #events = new NumberColumn();
  #protobufBytes = 0;
  #maxProtobufBytes = 0;

  /**
   * @param table its sink holds the user records; the aggregated entry is appended to it
   * @param shardId the shard that the aggregate is expected to go to
   * @param stream the stream of its records; undefined for the output's own
   */
  constructor(limits: AggregateLimits, md5: Md5, table: EntryTable, shardId: string | undefined, stream?: string) {
    this.#limits = limits;
    this.#md5 = md5;
    this.#table = table;
    this.#shardId = shardId;
    this.#stream = stream;
  }

  /** The partition key that routes the aggregate; undefined while it is empty. */
  get firstKey(): string | undefined {
    return this.#firstKey;
  }

  /** Returns whether the aggregate has a record with this key. */
  has(partitionKey: string): boolean {
    return this.#keys.has(collisionSafeKey(partitionKey));
  }

  /**
   * Adds the user record at the sink's bytes from `start` to `end`, which must not move until {@link take}. Returns false when the
   * record does not fit; from an empty aggregate, false means that it never will.
   */
  tryAdd(start: number, end: number, partitionKey: string, event: number): boolean {
    if (partitionKey !== this.#latestKey) {
      const index = this.#keys.get(collisionSafeKey(partitionKey));
      if (index === undefined) return this.#tryAddKey(start, end, partitionKey, event);
      this.#latestKey = partitionKey;
      this.#latestIndex = index;
    }
    const bytes = this.#protobufBytes + subRecordBytes(end - start, this.#latestIndex);
    if (bytes > this.#maxProtobufBytes) return false;
    this.#put(start, end, event, bytes);
    return true;
  }

  /** Appends the aggregate's entry and empties the aggregate. Returns undefined when it was empty. */
  take(): Entry | undefined {
    if (this.#firstKey === undefined) return undefined;
    const { sink } = this.#table;
    const start = sink.length;
    appendAggregatedRecord(sink, this.#encodedKeys, this.#explicitHashKey, this.#records.numbers.subarray(0, this.#records.length), this.#protobufBytes, this.#md5);
    const sizeBytes = sink.length - start + (this.#encodedKeys[0]?.length ?? 0);
    const events = this.#events.numbers.subarray(0, this.#events.length);
    const entry = this.#table.append(start, sink.length, this.#firstKey, sizeBytes, events, this.#shardId, this.#stream);
    this.#keys = new Map();
    this.#encodedKeys = [];
    this.#firstKey = undefined;
    this.#latestKey = undefined;
    this.#explicitHashKey = undefined;
    this.#records.length = 0;
    this.#events.length = 0;
    this.#protobufBytes = 0;
    return entry;
  }

  /** Adds a record whose key is not in the table yet. */
  #tryAddKey(start: number, end: number, partitionKey: string, event: number): boolean {
    const encodedKey = encoder.encode(partitionKey);
    const index = this.#encodedKeys.length;
    const hashKey = index === 1 ? this.#hashKeyOfFirst() : undefined;
    const bytes =
      this.#protobufBytes +
      tableEntryBytes(encodedKey.length) +
      (hashKey === undefined ? 0 : tableEntryBytes(hashKey.length)) +
      subRecordBytes(end - start, index);
    const most = index === 0 ? this.#maxBytesRoutedBy(encodedKey) : this.#maxProtobufBytes;
    if (bytes > most) return false;
    this.#maxProtobufBytes = most;
    this.#encodedKeys.push(encodedKey);
    this.#keys.set(collisionSafeKey(partitionKey), index);
    this.#firstKey ??= partitionKey;
    this.#explicitHashKey ??= hashKey;
    this.#latestKey = partitionKey;
    this.#latestIndex = index;
    this.#put(start, end, event, bytes);
    return true;
  }

  #put(start: number, end: number, event: number, protobufBytes: number): void {
    this.#records.push(start);
    this.#records.push(end);
    this.#records.push(this.#latestIndex);
    this.#events.push(event);
    this.#protobufBytes = protobufBytes;
  }

  #maxBytesRoutedBy(encodedKey: Uint8Array): number {
    const { maximumRecordBytes, serviceRecordBytes } = this.#limits;
    return Math.min(maximumRecordBytes - 1, serviceRecordBytes - encodedKey.length) - framingBytes;
  }

  #hashKeyOfFirst(): Uint8Array {
    return encoder.encode(hashKeyOf(this.#md5(this.#encodedKeys[0] as Uint8Array)).toString());
  }
}
