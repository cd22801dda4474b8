// Entries of single texts, for tests of what is done with entries.
import { Entry } from "../../src/pack/entry.js";
import { randomPartitionKeyCharacters } from "../../src/limits.js";

export interface EntryParts {
  readonly data?: Uint8Array;
  readonly partitionKey?: string | undefined;
  readonly sizeBytes?: number;
  readonly events?: number | readonly number[];
  readonly shardId?: string | undefined;
  readonly stream?: string | undefined;
}

/** An entry with memory of its own; its size is that of data and key unless another one is given. */
export function entryOf({ data = new Uint8Array(0), partitionKey, sizeBytes, events = 0, shardId, stream }: EntryParts): Entry {
  const size = sizeBytes ?? data.length + keyBytesOf(partitionKey);
  return new Entry(data, 0, data.length, partitionKey, size, events, shardId, stream);
}

/** Bytes of a key, or of a random one. */
export function keyBytesOf(partitionKey: string | undefined): number {
  return partitionKey === undefined ? randomPartitionKeyCharacters : Buffer.byteLength(partitionKey);
}

/** The key of an entry that has one. */
export function keyOf({ partitionKey }: Entry): string {
  if (partitionKey === undefined) throw new Error("the entry has no partition key");
  return partitionKey;
}
