/** PutRecords and ListShards through the AWS SDK: the only file that knows its Kinesis client. */
import {
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type ListShardsCommandOutput,
} from "@aws-sdk/client-kinesis";
import type { ConnectionOptions } from "../config.js";
import { AttemptRunner } from "./attempt.js";
import { createHttpHandler } from "../network/http_handler.js";
import { directNetwork, type NetworkEnvironment } from "../network/network.js";
import type { Shard } from "../aggregate/shard_map.js";
import { answeredBy, finishedBody, PreparedRequest, readBody } from "./prepared_request.js";
import type { PutRecordsClient } from "./put_records.js";
import { readAnswer, tookAll, type PutRecordsAnswer } from "./put_records_answer.js";
import type { RenewingCredentials } from "../credentials/renewing_credentials.js";
import { writeJsonBody } from "./request_body.js";
import { SinkPool } from "../record/sink_pool.js";
import type { ShardLister, ShardPage } from "./shard_map_source.js";
import { givenEndpoint } from "../credentials/token_service.js";
import { userAgentPlugin } from "./user_agent.js";

/** Source: Kinesis API Reference, PutRecords, Example Request. */
const jsonContent = "application/x-amz-json-1.1";

/** Two bodies of the largest requests, in base64, or many of the usual ones. */
const maxKeptBodyBytes = 16 * 1024 * 1024;

/** A list that takes longer is not waited for: aggregation does without it. */
const shardListTimeoutMs = 10_000;

/**
 * @param version of the plugin, for the user agent
 * @param random gives numbers from 0 up to 1, for partition keys
 */
export function createKinesisClient(
  options: ConnectionOptions,
  credentials: RenewingCredentials,
  version: string,
  network: NetworkEnvironment = directNetwork,
  random: () => number = Math.random,
): PutRecordsClient & ShardLister {
  const { region, endpoint, profile, stream, requestTimeoutMs } = options;
  const requestHandler = createHttpHandler(network);
  const client = new KinesisClient({
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : givenEndpoint(endpoint)),
    credentials: credentials.provide,
    requestHandler,
    maxAttempts: 1,
  });
  client.middlewareStack.use(userAgentPlugin(process.platform, version));
  const target = stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
  const attempts = new AttemptRunner();
  const prepared = new PreparedRequest(requestHandler);
  const bodies = new SinkPool(maxKeptBodyBytes);
  const putRecords = () => new PutRecordsCommand({ ...target, Records: [] });

  /** The whole answer, or that all was taken. */
  async function send(body: Uint8Array, count: number, abortSignal: AbortSignal): Promise<PutRecordsAnswer | "took all"> {
    const command = putRecords();
    if (!prepared.isKept) {
      command.middlewareStack.use(finishedBody(body, jsonContent));
      command.middlewareStack.use(prepared.keep());
      return client.send(command, { abortSignal });
    }
    const response = await prepared.send(body, jsonContent, abortSignal);
    if (response.statusCode === 200) {
      const answer = await readBody(response);
      if (tookAll(answer.toString("latin1"), count)) return "took all";
      response.body = answer;
    }
    command.middlewareStack.use(answeredBy(response));
    return client.send(command, { abortSignal });
  }

  return {
    putRecords(entries) {
      const sink = bodies.take(0);
      writeJsonBody(entries, target, random, sink);
      const body = sink.bytes.subarray(0, sink.length);
      // Of entries for which a shard is expected, the answer tells the shard.
      const count = entries.some(({ shardId }) => shardId !== undefined) ? -1 : entries.length;
      return attempts.run(
        (abortSignal) => credentials.watch(send(body, count, abortSignal)),
        (answer) => {
          // Not after a failure, which may have come before all of it was read.
          bodies.give(sink);
          return answer === "took all" ? { kind: "answered", failed: [], strayed: 0 } : readAnswer(answer, entries);
        },
        requestTimeoutMs,
        "http_request_timeout",
      );
    },
    listShards(nextToken) {
      const page = nextToken === undefined ? { ...target, ShardFilter: { Type: "AT_LATEST" as const } } : { NextToken: nextToken };
      const command = new ListShardsCommand(page);
      return attempts.run(
        (abortSignal) => credentials.watch(client.send(command, { abortSignal })),
        readShards,
        shardListTimeoutMs,
        "the time for a list of shards",
      );
    },
    close() {
      attempts.close();
      client.destroy();
    },
  };
}

/** Open shards only: one that was closed by a split or a merge has an ending sequence number. */
function readShards(answer: ListShardsCommandOutput): ShardPage {
  const shards: Shard[] = [];
  for (const { ShardId, HashKeyRange, SequenceNumberRange } of answer.Shards ?? []) {
    if (SequenceNumberRange?.EndingSequenceNumber !== undefined) continue;
    const startingHashKey = readHashKey(HashKeyRange?.StartingHashKey);
    const endingHashKey = readHashKey(HashKeyRange?.EndingHashKey);
    if (ShardId === undefined || startingHashKey === undefined || endingHashKey === undefined) continue;
    shards.push({ id: ShardId, startingHashKey, endingHashKey });
  }
  return { kind: "listed", shards, nextToken: answer.NextToken };
}

function readHashKey(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,39}$/u.test(text) ? BigInt(text) : undefined;
}
