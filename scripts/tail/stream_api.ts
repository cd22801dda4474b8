/** Reads shards and records of a stream with the SDK's client. */
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
  /** The shards that were split or merged into it; they may have expired. */
  readonly parents: readonly string[];
  /** Whether it still accepts records. */
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
  /** The next iterator; undefined when the shard is closed and has been read to its end. */
  readonly next: string | undefined;
  readonly millisBehind: number;
  /** At the end of a closed shard: the shards that it was split or merged into. */
  readonly children: readonly StreamShard[];
}

/** The API for one stream. All methods may throw the SDK's errors. */
export interface StreamApi {
  listShards(): Promise<StreamShard[]>;
  iteratorAt(shardId: string, position: Position): Promise<string>;
  read(iterator: string): Promise<Page>;
}

/** At the maximum of five reads per second, five times the 1,000 records per second that a shard accepts. Source: Kinesis quotas. */
const recordsPerRead = 1000;
/** Fewer than the connections of src/network/http_handler.ts, where waiting for one counts against the connect timeout. */
export const maxRequests = 40;

/** Returns the API of a stream; `signal` aborts requests in flight. */
export function streamApi(client: KinesisClient, stream: string, signal: AbortSignal): StreamApi {
  const which = targetOf(stream);
  // GetRecords finds the stream by the iterator; it accepts the ARN too, but not the name.
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
        // With a token the stream may be given by its ARN, not by its name.
        input = page.NextToken === undefined ? undefined : { ...arn, NextToken: page.NextToken };
      }
      return shards;
    },
    async iteratorAt(shardId, position) {
      const input = { ...which, ShardId: shardId, ...iteratorType(position) };
      const { ShardIterator: iterator } = await inTurn(() => client.send(new GetShardIteratorCommand(input), options));
      if (iterator === undefined) throw new Error(`Kinesis returned no iterator for ${shardId}`);
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
