/** What the reading asks of Kinesis, and the SDK's client behind it. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandInput,
} from "@aws-sdk/client-kinesis";
import { targetOf } from "../../src/kinesis/stream_target.js";
import type { Position } from "./position.js";
import { turns } from "./turns.js";

export interface StreamShard {
  readonly id: string;
  /** The shards that were split or merged into it; they may not be kept any more. */
  readonly parents: readonly string[];
  /** Whether it still takes records. */
  readonly isOpen: boolean;
}

export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly time: Date | undefined;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface Page {
  readonly records: readonly StreamRecord[];
  /** The iterator to go on with; undefined when the shard is closed and has been read to its end. */
  readonly next: string | undefined;
  readonly millisBehind: number;
  /** At the end of a closed shard: what it was split or merged into. */
  readonly children: readonly StreamShard[];
}

/** One stream. All may throw what the SDK throws. */
export interface StreamApi {
  listShards(): Promise<StreamShard[]>;
  iteratorAt(shardId: string, position: Position): Promise<string>;
  read(iterator: string): Promise<Page>;
}

/** Five reads a second, the most there are, bring five times as many as a shard takes in a second. Source: Kinesis quotas. */
const recordsPerRead = 1000;
/** Fewer than the connections of src/network/http_handler.ts: who waits for one there runs into its limit for connecting. */
export const maxRequests = 40;

/** A stream behind the SDK's client; `signal` ends requests that are under way. */
export function streamApi(client: KinesisClient, stream: string, signal: AbortSignal): StreamApi {
  const which = targetOf(stream);
  // GetRecords knows the stream by the iterator; of the two it takes only the ARN.
  const arn = "StreamARN" in which ? which : {};
  const options = { abortSignal: signal };
  const inTurn = turns(maxRequests);
  return {
    async listShards() {
      const shards: StreamShard[] = [];
      let input: ListShardsCommandInput | undefined = which;
      while (input !== undefined) {
        const command = new ListShardsCommand(input);
        const page: { readonly Shards?: readonly ListedShard[] | undefined; readonly NextToken?: string | undefined } =
          await inTurn(() => client.send(command, options));
        shards.push(...(page.Shards ?? []).map(shardOf));
        // Beside a token the stream may be named by its ARN alone.
        input = page.NextToken === undefined ? undefined : { ...arn, NextToken: page.NextToken };
      }
      return shards;
    },
    async iteratorAt(shardId, position) {
      const input = { ...which, ShardId: shardId, ...iteratorType(position) };
      const { ShardIterator: iterator } = await inTurn(() => client.send(new GetShardIteratorCommand(input), options));
      if (iterator === undefined) throw new Error(`Kinesis gives no iterator for ${shardId}`);
      return iterator;
    },
    async read(iterator) {
      const input = { ...arn, ShardIterator: iterator, Limit: recordsPerRead };
      const page = await inTurn(() => client.send(new GetRecordsCommand(input), options));
      return {
        records: (page.Records ?? []).map((record) => ({
          sequenceNumber: record.SequenceNumber ?? "",
          time: record.ApproximateArrivalTimestamp,
          partitionKey: record.PartitionKey ?? "",
          data: record.Data ?? new Uint8Array(),
        })),
        next: page.NextShardIterator,
        millisBehind: page.MillisBehindLatest ?? 0,
        children: (page.ChildShards ?? []).map(({ ShardId: id = "", ParentShards: parents = [] }) => {
          return { id, parents, isOpen: true };
        }),
      };
    },
  };
}

interface ListedShard {
  readonly ShardId: string | undefined;
  readonly ParentShardId?: string | undefined;
  readonly AdjacentParentShardId?: string | undefined;
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string | undefined } | undefined;
}

function shardOf(shard: ListedShard): StreamShard {
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined);
  return { id: shard.ShardId ?? "", parents, isOpen: shard.SequenceNumberRange?.EndingSequenceNumber === undefined };
}

function iteratorType(
  position: Position,
):
  | { ShardIteratorType: "LATEST" | "TRIM_HORIZON" }
  | { ShardIteratorType: "AT_TIMESTAMP"; Timestamp: Date }
  | { ShardIteratorType: "AFTER_SEQUENCE_NUMBER"; StartingSequenceNumber: string } {
  switch (position.kind) {
    case "latest":
      return { ShardIteratorType: "LATEST" };
    case "trim-horizon":
      return { ShardIteratorType: "TRIM_HORIZON" };
    case "time":
      return { ShardIteratorType: "AT_TIMESTAMP", Timestamp: position.time };
    case "after":
      return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: position.sequenceNumber };
  }
}
