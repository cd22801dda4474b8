// Reads a shard's records as Kinesis Client Library does: it drops an aggregate that does not belong to the shard.
import { createHash } from "node:crypto";
import { deaggregate, isAggregate, type UserRecord } from "./deaggregate.js";
import type { ReceivedRecord, ShardRange } from "./kinesis_local.js";

export interface ConsumedRecord extends UserRecord {
  readonly shardId: string;
}

export interface Consumed {
  readonly records: readonly ConsumedRecord[];
  /** Number of user records in dropped aggregates. */
  readonly dropped: number;
}

/**
 * Source: awslabs/amazon-kinesis-client, AggregatorUtil.deaggregate: a sub-record's position is its explicit hash key, else
 * the MD5 of its partition key. If one is outside the shard's range, the whole aggregate is dropped.
 */
export function consume(received: readonly ReceivedRecord[], ranges: ReadonlyMap<string, ShardRange>): Consumed {
  const records: ConsumedRecord[] = [];
  let dropped = 0;
  for (const record of received) {
    const range = ranges.get(record.shardId);
    if (range === undefined) throw new Error(`no shard ${record.shardId}`);
    const users = deaggregate(record);
    const belongs = ({ explicitHashKey, partitionKey }: UserRecord): boolean => {
      const hashKey = explicitHashKey === undefined ? hashKeyOfPartitionKey(partitionKey) : BigInt(explicitHashKey);
      return hashKey >= range.first && hashKey <= range.last;
    };
    if (isAggregate(record) && !users.every(belongs)) dropped += users.length;
    else records.push(...users.map((user) => ({ ...user, shardId: record.shardId })));
  }
  return { records, dropped };
}

/** Returns the hash key of a partition key by Kinesis' own rule. */
export function hashKeyOfPartitionKey(partitionKey: string): bigint {
  return BigInt(`0x${createHash("md5").update(partitionKey).digest("hex")}`);
}
