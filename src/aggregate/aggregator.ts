/** Gathers user records into aggregated records of a bounded size. */
import { maxRecordBytes } from "../limits.js";
import type { Entry } from "../entry.js";
import {
  encodeAggregatedRecord,
  framingBytes,
  subRecordBytes,
  tableEntryBytes,
  type Md5,
  type SubRecord,
} from "./aggregated_record.js";

/** Sizes of aggregation, in bytes. */
export interface AggregationLimits {
  /** An aggregated record is closed when the next user record would make it this large or larger. */
  readonly maximumRecordBytes: number;
  /** A user record of this size or more is sent on its own. */
  readonly skipRecordBytes: number;
}

const encoder = new TextEncoder();

/**
 * Aggregates the user records of one chunk, in their order.
 *
 * The first record's partition key routes the whole. A record with another key carries the explicit hash key that the
 * first one's MD5 makes: Kinesis Client Library drops an aggregate of which one sub-record's hash key lies outside the
 * shard, and this one lies where the whole does.
 */
export class Aggregator {
  readonly #limits: AggregationLimits;
  readonly #randomKey: () => string;
  readonly #md5: Md5;
  readonly #emit: (entry: Entry) => void;

  #keys = new Map<string, number>();
  #encodedKeys: Uint8Array[] = [];
  #firstKey = "";
  #explicitHashKey: Uint8Array | undefined;
  #records: SubRecord[] = [];
  #protobufBytes = 0;

  /** @param emit takes each finished entry */
  constructor(limits: AggregationLimits, randomKey: () => string, md5: Md5, emit: (entry: Entry) => void) {
    this.#limits = limits;
    this.#randomKey = randomKey;
    this.#md5 = md5;
    this.#emit = emit;
  }

  /** Takes a user record; without a partition key it goes by that of the aggregate that it falls into. */
  add(data: Uint8Array, partitionKey: string | undefined): void {
    if (data.length >= this.#limits.skipRecordBytes) return this.#sendAlone(data, partitionKey);
    let addition = this.#measure(data, partitionKey);
    if (this.#records.length > 0 && !this.#fits(addition)) {
      this.close();
      addition = this.#measure(data, partitionKey);
    }
    if (this.#records.length === 0 && !this.#fits(addition)) return this.#sendAlone(data, partitionKey);
    if (addition.isNewKey) this.#addKey(addition.key, addition.encodedKey);
    if (addition.needsHashKey) this.#explicitHashKey = addition.hashKey;
    this.#protobufBytes += addition.bytes;
    this.#records.push({
      data,
      partitionKeyIndex: addition.keyIndex,
      hasExplicitHashKey: addition.keyIndex > 0,
    });
  }

  /** Emits what has been gathered, if anything. */
  close(): void {
    if (this.#records.length === 0) return;
    const data = encodeAggregatedRecord(
      this.#encodedKeys,
      this.#explicitHashKey,
      this.#records,
      this.#protobufBytes,
      this.#md5,
    );
    this.#emit({
      data,
      partitionKey: this.#firstKey,
      sizeBytes: data.length + (this.#encodedKeys[0]?.length ?? 0),
      userRecords: this.#records.length,
    });
    this.#keys = new Map();
    this.#encodedKeys = [];
    this.#explicitHashKey = undefined;
    this.#records = [];
    this.#protobufBytes = 0;
  }

  /** A record of the same key that waits in the aggregate goes out before it, so that the key's order is kept. */
  #sendAlone(data: Uint8Array, partitionKey: string | undefined): void {
    if (partitionKey !== undefined && this.#keys.has(partitionKey)) this.close();
    const key = partitionKey ?? this.#randomKey();
    this.#emit({
      data,
      partitionKey: key,
      sizeBytes: data.length + encoder.encode(key).length,
      userRecords: 1,
    });
  }

  /** What adding the record would take, tables included. */
  #measure(data: Uint8Array, partitionKey: string | undefined): Addition {
    const key = partitionKey ?? (this.#records.length > 0 ? this.#firstKey : this.#randomKey());
    const known = this.#keys.get(key);
    const keyIndex = known ?? this.#keys.size;
    const encodedKey = known === undefined ? encoder.encode(key) : (this.#encodedKeys[known] as Uint8Array);
    const needsHashKey = keyIndex > 0 && this.#explicitHashKey === undefined;
    const hashKey = needsHashKey ? this.#hashKeyOfFirst() : undefined;
    const bytes =
      (known === undefined ? tableEntryBytes(encodedKey.length) : 0) +
      (hashKey === undefined ? 0 : tableEntryBytes(hashKey.length)) +
      subRecordBytes(data.length, keyIndex, keyIndex > 0);
    return { key, keyIndex, encodedKey, isNewKey: known === undefined, needsHashKey, hashKey, bytes };
  }

  #fits(addition: Addition): boolean {
    const bytes = framingBytes + this.#protobufBytes + addition.bytes;
    const routingKeyBytes = this.#encodedKeys[0]?.length ?? addition.encodedKey.length;
    return bytes < this.#limits.maximumRecordBytes && bytes + routingKeyBytes <= maxRecordBytes;
  }

  #addKey(key: string, encodedKey: Uint8Array): void {
    if (this.#keys.size === 0) this.#firstKey = key;
    this.#keys.set(key, this.#keys.size);
    this.#encodedKeys.push(encodedKey);
  }

  /** The MD5 of the key as a 128-bit number in decimal, as the service maps keys to shards. */
  #hashKeyOfFirst(): Uint8Array {
    let hash = 0n;
    for (const byte of this.#md5(this.#encodedKeys[0] as Uint8Array)) hash = (hash << 8n) | BigInt(byte);
    return encoder.encode(hash.toString());
  }
}

interface Addition {
  readonly key: string;
  readonly keyIndex: number;
  readonly encodedKey: Uint8Array;
  readonly isNewKey: boolean;
  readonly needsHashKey: boolean;
  readonly hashKey: Uint8Array | undefined;
  readonly bytes: number;
}
