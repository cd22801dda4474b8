// A stream whose shards each accept a number of records per second, by the test's clock, and throttle the rest.
import { createHash } from "node:crypto";
import type { PutRecordsOutcome } from "../../src/delivery/kinesis_client.js";
import type { EntryView } from "../../src/pack/entry_table.js";
import { hashKeyOf, ShardMap, type Shard } from "../../src/pack/shard_map.js";
import type { HeldClock } from "./fake_clock.js";
import { textsIn } from "./received_events.js";
import { ShardBuckets } from "./shard_buckets.js";

const hashKeys = 1n << 128n;

/** Returns this many shards of equal size. */
export function evenShards(count: number): Shard[] {
  const start = (n: number) => (hashKeys * BigInt(n)) / BigInt(count);
  return Array.from({ length: count }, (_, n) => ({ id: `shard ${n}`, startingHashKey: start(n), endingHashKey: start(n + 1) - 1n }));
}

/** Returns the shard of a partition key. */
export function shardOfKey(shards: readonly Shard[], key: string): string {
  return new ShardMap(shards).shardIdOf(hashKeyOf(createHash("md5").update(key).digest())) ?? "";
}

/** Returns this many keys of one shard. */
export function keysOfShard(shards: readonly Shard[], shard: string, count: number): string[] {
  const keys: string[] = [];
  for (let n = 0; keys.length < count; n++) if (shardOfKey(shards, `key ${n}`) === shard) keys.push(`key ${n}`);
  return keys;
}

export interface TakenRecord {
  readonly shard: string;
  readonly text: string;
  readonly atMs: number;
}

export interface LimitedStream {
  readonly shards: readonly Shard[];
  /** Records per second that one shard accepts. */
  readonly recordsPerSecond: number;
  readonly latencyMs: number;
}

export class LimitedShards {
  readonly taken: TakenRecord[] = [];
  throttled = 0;
  readonly #buckets: ShardBuckets;

  constructor(
    private readonly stream: LimitedStream,
    private readonly clock: HeldClock,
  ) {
    this.#buckets = new ShardBuckets(stream.recordsPerSecond, clock.now);
  }

  /** Responds to a request, as the step of a ScriptedClient. */
  readonly answer = async (entries: readonly EntryView[]): Promise<PutRecordsOutcome> => {
    const failed = entries.flatMap((entry, index) => (this.#takes(entry) ? [] : [{ index, code: "ProvisionedThroughputExceededException", message: "Rate exceeded" }]));
    this.throttled += failed.length;
    await this.clock.sleep(this.stream.latencyMs);
    return { kind: "answered", failed, strayed: 0 };
  };

  #takes(entry: EntryView): boolean {
    const { partitionKey } = entry;
    if (partitionKey === undefined) throw new Error("the entry has no partition key");
    const shard = entry.shardId ?? shardOfKey(this.stream.shards, partitionKey);
    const isTaken = this.#buckets.takes(shard);
    if (isTaken) for (const text of textsIn(entry)) this.taken.push({ shard, text, atMs: this.clock.now() });
    return isTaken;
  }
}
