/** One aggregated record while it is being filled: its tables, its records, and its size to the byte. */
import { NumberColumn } from "./columns.js";
import type { Entry, EntryTable } from "./entry_table.js";
import { appendAggregatedRecord, framingBytes, subRecordBytes, tableEntryBytes, type Md5 } from "./aggregated_record.js";
import { mapKey } from "./map_key.js";
import { hashKeyOf } from "./shard_map.js";

/** How large an aggregated record may be, in bytes. */
export interface AggregateLimits {
  /** It is closed when the next user record would make it this large or larger. */
  readonly maximumRecordBytes: number;
  /** What the service takes: an aggregated record together with its partition key. */
  readonly serviceRecordBytes: number;
}

const encoder = new TextEncoder();

/**
 * The first record's partition key routes the whole. A record with another key carries the explicit hash key that the
 * first one's MD5 makes: Kinesis Client Library drops an aggregate of which one sub-record's hash key lies outside the
 * shard, and this one lies where the whole does, also when the shard has been split meanwhile.
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
  // Most often the next record has the key of the one before it.
  #latestKey: string | undefined;
  #latestIndex = 0;
  #explicitHashKey: Uint8Array | undefined;
  // As SubRecords.
  readonly #records = new NumberColumn();
  readonly #events = new NumberColumn();
  #protobufBytes = 0;
  #maxProtobufBytes = 0;

  /**
   * @param table in its sink the user records lie, and to it the whole is appended
   * @param shardId where the whole is expected to go
   * @param stream of its records; the output's own when undefined
   */
  constructor(limits: AggregateLimits, md5: Md5, table: EntryTable, shardId: string | undefined, stream?: string) {
    this.#limits = limits;
    this.#md5 = md5;
    this.#table = table;
    this.#shardId = shardId;
    this.#stream = stream;
  }

  /** The key that routes it; undefined while it is empty. */
  get firstKey(): string | undefined {
    return this.#firstKey;
  }

  /** Whether a record of this key is in it. */
  has(partitionKey: string): boolean {
    return this.#keys.has(mapKey(partitionKey));
  }

  /**
   * Adds the user record at the sink's bytes from `start` to `end`, which must stay there until {@link take}. False when
   * it does not fit any more, or, into an empty one, at all.
   */
  tryAdd(start: number, end: number, partitionKey: string, event: number): boolean {
    if (partitionKey !== this.#latestKey) {
      const index = this.#keys.get(mapKey(partitionKey));
      if (index === undefined) return this.#tryAddKey(start, end, partitionKey, event);
      this.#latestKey = partitionKey;
      this.#latestIndex = index;
    }
    const bytes = this.#protobufBytes + subRecordBytes(end - start, this.#latestIndex);
    if (bytes > this.#maxProtobufBytes) return false;
    this.#put(start, end, event, bytes);
    return true;
  }

  /** Appends an entry of what has been gathered, and is empty again. Undefined when nothing has. */
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

  /** Adds a record of a key that is not in the table yet. */
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
    this.#keys.set(mapKey(partitionKey), index);
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
