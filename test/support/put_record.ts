// Helps a Kinesis of the tests with the records of a request: content, shard, limits.
import { createHash } from "node:crypto";
import { gunzipSync, inflateSync } from "node:zlib";
import { deaggregate } from "./deaggregate.js";

/** A record of a request, with its raw data. */
export interface PutRecord {
  readonly data: Uint8Array;
  readonly partitionKey: string;
}

const limits = { records: 500, recordBytes: 10 * 1024 * 1024, requestBytes: 10 * 1024 * 1024, keyCharacters: 256 };

/** Returns the texts of a record's user records, deaggregated and decompressed. */
export function textsOf({ data, partitionKey }: PutRecord): string[] {
  const received = { data, partitionKey, shardId: "", sequenceNumber: "1" };
  return deaggregate(received).map((user) => Buffer.from(unpack(user.data)).toString("utf8"));
}

/** Decompresses by the first bytes of gzip (1f 8b) and of zlib at level 6 (78 9c); JSON begins otherwise. */
function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  return bytes[0] === 0x78 && bytes[1] === 0x9c ? inflateSync(bytes) : bytes;
}

/** Returns whether a request exceeds the limits. Source: Kinesis API Reference, PutRecords. */
export function isBeyondLimits(records: readonly PutRecord[], bytes: number): boolean {
  const isBad = ({ data, partitionKey }: PutRecord): boolean => {
    const characters = Array.from(partitionKey).length;
    return data.length > limits.recordBytes || characters === 0 || characters > limits.keyCharacters;
  };
  return records.length === 0 || records.length > limits.records || bytes > limits.requestBytes || records.some(isBad);
}

/** Returns a key's shard among equal shards. Source: Kinesis Developer Guide, "Partition Key" (MD5). */
export function shardOf(partitionKey: string, shards: number): number {
  const hashKey = createHash("md5").update(partitionKey).digest().readUInt32BE(0);
  return Math.trunc((hashKey / 2 ** 32) * shards);
}

/** Returns numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
