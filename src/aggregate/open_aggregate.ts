/** One aggregated record while it is being filled: its tables, its records, and its size to the byte. */
import { Entry } from "../entry.js";
import {
  encodeAggregatedRecord,
  framingBytes,
  subRecordBytes,
  tableEntryBytes,
  type Md5,
  type SubRecord,
} from "./aggregated_record.js";
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
  readonly #shardId: string | undefined;

  #keys = new Map<string, number>();
  #encodedKeys: Uint8Array[] = [];
  #firstKey: string | undefined;
  #explicitHashKey: Uint8Array | undefined;
  #records: SubRecord[] = [];
  #events: number[] = [];
  #protobufBytes = 0;

  /** @param shardId where the whole is expected to go */
  constructor(limits: AggregateLimits, md5: Md5, shardId: string | undefined) {
    this.#limits = limits;
    this.#md5 = md5;
    this.#shardId = shardId;
  }

  /** The key that routes it; undefined while it is empty. */
  get firstKey(): string | undefined {
    return this.#firstKey;
  }

  /** Whether a record of this key is in it. */
  has(partitionKey: string): boolean {
    return this.#keys.has(mapKey(partitionKey));
  }

  /** Adds a user record; false when it does not fit any more, or, into an empty one, at all. */
  tryAdd(data: Uint8Array, partitionKey: string, event: number): boolean {
    const key = mapKey(partitionKey);
    const known = this.#keys.get(key);
    const index = known ?? this.#keys.size;
    const encodedKey = known === undefined ? encoder.encode(partitionKey) : undefined;
    const isOther = index > 0;
    const hashKey = isOther && this.#explicitHashKey === undefined ? this.#hashKeyOfFirst() : undefined;
    const bytes =
      this.#protobufBytes +
      (encodedKey === undefined ? 0 : tableEntryBytes(encodedKey.length)) +
      (hashKey === undefined ? 0 : tableEntryBytes(hashKey.length)) +
      subRecordBytes(data.length, index, isOther);
    const routingKeyBytes = (this.#encodedKeys[0] ?? encodedKey)?.length ?? 0;
    const recordBytes = framingBytes + bytes;
    if (recordBytes >= this.#limits.maximumRecordBytes) return false;
    if (recordBytes + routingKeyBytes > this.#limits.serviceRecordBytes) return false;

    if (encodedKey !== undefined) this.#encodedKeys.push(encodedKey);
    this.#keys.set(key, index);
    this.#firstKey ??= partitionKey;
    this.#explicitHashKey ??= hashKey;
    this.#records.push({ data, partitionKeyIndex: index, hasExplicitHashKey: isOther });
    this.#events.push(event);
    this.#protobufBytes = bytes;
    return true;
  }

  /** Gives what has been gathered, undefined when nothing has, and is empty again. */
  take(): Entry | undefined {
    if (this.#firstKey === undefined) return undefined;
    const data = encodeAggregatedRecord(
      this.#encodedKeys,
      this.#explicitHashKey,
      this.#records,
      this.#protobufBytes,
      this.#md5,
    );
    const sizeBytes = data.length + (this.#encodedKeys[0]?.length ?? 0);
    const entry = new Entry(data, 0, data.length, this.#firstKey, sizeBytes, this.#events, this.#shardId);
    this.#keys = new Map();
    this.#encodedKeys = [];
    this.#firstKey = undefined;
    this.#explicitHashKey = undefined;
    this.#records = [];
    this.#events = [];
    this.#protobufBytes = 0;
    return entry;
  }

  #hashKeyOfFirst(): Uint8Array {
    return encoder.encode(hashKeyOf(this.#md5(this.#encodedKeys[0] as Uint8Array)).toString());
  }
}
