/** PutRecords and ListShards through the AWS SDK: the only file that knows its Kinesis client. */
import {
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type ListShardsCommandOutput,
  type PutRecordsCommandOutput,
} from "@aws-sdk/client-kinesis";
import type { BuildMiddleware } from "@smithy/types";
import type { ConnectionOptions } from "../config.js";
import { AttemptRunner } from "./attempt.js";
import type { Entry } from "../entry.js";
import { createHttpHandler } from "../network/http_handler.js";
import { directNetwork, type NetworkEnvironment } from "../network/network.js";
import type { Shard } from "../aggregate/shard_map.js";
import type { FailedEntry, PutRecordsClient, PutRecordsOutcome } from "./put_records.js";
import type { RenewingCredentials } from "../credentials/renewing_credentials.js";
import { putRecordsBody } from "./request_body.js";
import { withoutSecrets } from "../service_message.js";
import type { ShardLister, ShardPage } from "./shard_map_source.js";
import { givenEndpoint } from "../credentials/token_service.js";
import { userAgentPlugin } from "./user_agent.js";

/** A list that takes longer is not waited for: aggregation does without it. */
const shardListTimeoutMs = 10_000;

/** @param version of the plugin, for the user agent */
export function createKinesisClient(
  options: ConnectionOptions,
  credentials: RenewingCredentials,
  version: string,
  network: NetworkEnvironment = directNetwork,
): PutRecordsClient & ShardLister {
  const { region, endpoint, profile, stream, requestTimeoutMs } = options;
  const client = new KinesisClient({
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : givenEndpoint(endpoint)),
    credentials: credentials.provide,
    requestHandler: createHttpHandler(network),
    maxAttempts: 1,
  });
  client.middlewareStack.use(userAgentPlugin(process.platform, version));
  const target = stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
  const attempts = new AttemptRunner();

  return {
    putRecords(entries) {
      const command = new PutRecordsCommand({ ...target, Records: [] });
      const body = putRecordsBody(entries, target);
      command.middlewareStack.add(finishedBody(body), { step: "build", priority: "high", name: "finishedBody" });
      return attempts.run(
        (abortSignal) => credentials.watch(client.send(command, { abortSignal })),
        (answer) => readAnswer(answer, entries),
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

/** Puts the body in place of the one that the SDK makes of no records: its way to JSON costs more than all our own work. */
function finishedBody<Input extends object, Output extends object>(body: Uint8Array): BuildMiddleware<Input, Output> {
  return (next) => (args) => {
    (args.request as { body: unknown }).body = body;
    return next(args);
  };
}

function readAnswer(answer: PutRecordsCommandOutput, entries: readonly Entry[]): PutRecordsOutcome {
  const results = answer.Records;
  if (results?.length !== entries.length) {
    const message = `the endpoint answered for ${results?.length ?? 0} of ${entries.length} records; is it a Kinesis endpoint?`;
    return { kind: "failed", code: "InvalidAnswer", message, cause: "transient" };
  }
  const failed: FailedEntry[] = [];
  let strayed = 0;
  results.forEach(({ ErrorCode, ErrorMessage, SequenceNumber, ShardId }, index) => {
    if (ErrorCode !== undefined || SequenceNumber === undefined) {
      failed.push({ index, code: ErrorCode ?? "UnknownError", message: withoutSecrets(ErrorMessage ?? "") });
      return;
    }
    const expected = entries[index]?.shardId;
    if (expected !== undefined && ShardId !== expected) strayed++;
  });
  return { kind: "answered", failed, strayed };
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
