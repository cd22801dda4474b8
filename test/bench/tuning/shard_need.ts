// Computes the number of shards that a stream of records needs.

/** Load of a stream per second. */
export interface Load {
  readonly entriesPerSecond: number;
  readonly bytesPerSecond: number;
}

// Source: Amazon Kinesis Data Streams Developer Guide, Quotas and limits: writes of one shard.
const entriesOfShard = 1000;
const bytesOfShard = 1024 * 1024;

/** Returns an unrounded number: 1.2 means that one shard is too small by a fifth, with evenly spread keys. */
export function shardsNeeded({ entriesPerSecond, bytesPerSecond }: Load): number {
  return Math.max(entriesPerSecond / entriesOfShard, bytesPerSecond / bytesOfShard);
}
