// How many shards a stream of records needs.

/** What is written to a stream in a second. */
export interface Load {
  readonly entriesPerSecond: number;
  readonly bytesPerSecond: number;
}

// Source: Amazon Kinesis Data Streams Developer Guide, Quotas and limits: writes of one shard.
const entriesOfShard = 1000;
const bytesOfShard = 1024 * 1024;

/** Not rounded up: 1.2 says that one shard is too little by a fifth, when the keys are spread evenly. */
export function shardsNeeded({ entriesPerSecond, bytesPerSecond }: Load): number {
  return Math.max(entriesPerSecond / entriesOfShard, bytesPerSecond / bytesOfShard);
}
