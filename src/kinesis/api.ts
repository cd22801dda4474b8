/** Sends PutRecords requests, and lists shards through the AWS SDK. The only file that uses its Kinesis client. */
import {
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type KinesisClientConfig,
  type ListShardsCommandInput,
  type ListShardsCommandOutput,
} from "@aws-sdk/client-kinesis";
import { getEndpointFromInstructions } from "@smithy/core/endpoints";
import type { ConnectionOptions } from "./connection_options.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { AttemptRunner, type Attempt, type TimeLimit } from "./attempt.js";
import type { HandlerMethods } from "../network/ended_handler.js";
import { exchange } from "../network/exchange.js";
import { createHttpHandler } from "../network/http_handler.js";
import { directNetwork, type NetworkEnvironment } from "../network/network.js";
import type { Shard } from "../pack/shard_map.js";
import type { PutRecordsClient, RequestFailure } from "../delivery/kinesis_client.js";
import { formatOfResponse, readPutRecordsResponse, refusesFormat, tookAll, type PutRecordsResponse } from "./put_records_response.js";
import { PutRecordsRoute } from "./put_records_route.js";
import { watched, type CredentialProvider, type Credentials } from "../credentials/renewing_credentials.js";
import type { RequestBodies, RequestBody } from "./request_bodies.js";
import { contentTypes } from "./request_format.js";
import { readBody, ServiceRefusal } from "./response_body.js";
import { ServiceClock } from "./service_clock.js";
import type { StreamTarget } from "./stream_target.js";
import { CredentialsFailure } from "./failure.js";
import type { ShardLister, ShardPage } from "../delivery/shard_list.js";
import { givenEndpoint } from "../credentials/token_service.js";
import { product, userAgentOf } from "./user_agent.js";

/** Time limit of a ListShards request. When it is reached, aggregation goes on without a new list. */
const shardListLimit: TimeLimit = { of: "attempt", milliseconds: 10_000, name: "the time for a list of shards (10 s)" };

/** Returns the configuration of the SDK's client for an output. The client makes one attempt: its callers retry. */
export function clientConfig(
  { region, endpoint, profile }: ConnectionOptions,
  credentials: CredentialProvider,
  requestHandler: HandlerMethods,
): KinesisClientConfig {
  return {
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : givenEndpoint(endpoint)),
    credentials: credentials.provide,
    requestHandler,
    maxAttempts: 1,
  };
}

/** Time limit of a response with http_request_timeout 0, for one that arrives byte by byte. A silent connection times out after 60 s. */
const maxResponseMs = 300_000;

/** Returns the time limit of an attempt to send records. */
function sendLimit({ requestTimeoutMs, responseTimeoutMs = 0 }: ConnectionOptions): TimeLimit {
  if (requestTimeoutMs > 0) return { of: "attempt", milliseconds: requestTimeoutMs, name: `http_request_timeout (${requestTimeoutMs / 1000} s)` };
  return responseTimeoutMs > 0
    ? { of: "response", milliseconds: responseTimeoutMs, name: `http_request_timeout (${responseTimeoutMs / 1000} s, its default)` }
    : { of: "response", milliseconds: maxResponseMs, name: `the time limit for responses (${maxResponseMs / 1000} s)` };
}

/**
 * Returns the client of an output. The SDK resolves the address of PutRecords but does not send the requests: its own way to send
 * takes several times as long as all other work for a request (test/bench, "sending").
 * @param credentials closed together with the client
 * @param version of the plugin, for the user agent
 */
export function createKinesisClient(
  options: ConnectionOptions,
  credentials: CredentialProvider,
  version: string,
  bodies: RequestBodies,
  network: NetworkEnvironment = directNetwork,
): PutRecordsClient & ShardLister {
  const limit = sendLimit(options);
  const requestHandler = createHttpHandler(network);
  const client = new KinesisClient({ ...clientConfig(options, credentials, requestHandler), customUserAgent: [[product, version]] });
  const attempts = new AttemptRunner();
  const clock = new ServiceClock();
  const userAgent = userAgentOf(process.platform, version, process.versions.node);
  const routes = new Map<string, PutRecordsRoute>();

  function targetFor(stream: string | undefined): StreamTarget {
    return stream === undefined ? bodies.target : { StreamName: stream };
  }

  /** Returns the credentials to sign with. @throws CredentialsFailure */
  function takeKeys(attempt: Attempt): Promise<Credentials> {
    return attempt.waitForCredentials(() => credentials.awaited, credentials.provide()).catch((error: unknown) => {
      throw new CredentialsFailure(error);
    });
  }

  /**
   * Returns the route to the address that the option, the environment or the shared files set, or else the endpoint rules for region
   * and stream. These rules read a stream's ARN only (StreamName is not a parameter of theirs), so all names share one route.
   */
  async function routeTo(target: StreamTarget): Promise<PutRecordsRoute> {
    const arn = "StreamARN" in target ? target.StreamARN : "";
    const known = routes.get(arn);
    if (known !== undefined) return known;
    const { url } = await getEndpointFromInstructions({ ...target, Records: [] }, PutRecordsCommand, client.config);
    const route = await PutRecordsRoute.to({ url, region: await client.config.region() }, requestHandler, userAgent);
    routes.set(arn, route);
    return route;
  }

  /** Returns the response's members, or "took all" when it reports success for `count` entries. @throws errors that `readFailure` reads */
  async function send(body: RequestBody, target: StreamTarget, count: number, attempt: Attempt): Promise<PutRecordsResponse | "took all"> {
    const { bytes, format } = body;
    const keys = await takeKeys(attempt);
    const route = await routeTo(target);
    const { offsetMs } = clock;
    const sentAtMs = Date.now();
    // A connection opened for an ended attempt would keep Node's event loop alive.
    if (attempt.isEnded) throw new Error("the attempt has ended");
    const response = await exchange(route.target, route.sign(bytes, contentTypes[format], keys, sentAtMs + offsetMs), attempt);
    // A response may arrive before the whole request is sent: the body is still being read then.
    if (response.isRequestSent) bodies.release(body);
    clock.learn(response.headers, sentAtMs, Date.now());
    const isTaken = response.statusCode < 300;
    const responseFormat = formatOfResponse(response.headers["content-type"], format);
    if (isTaken && tookAll(response.body.toString("latin1"), responseFormat, count)) return "took all";
    const members = await readBody(response, format);
    if (isTaken) return members;
    throw new ServiceRefusal(response, members, clock.hasCorrected(offsetMs));
  }

  async function sendAll(table: EntryTable, entries: readonly Entry[], target: StreamTarget, attempt: Attempt): Promise<PutRecordsResponse | "took all"> {
    // -1 forces a full read of the response: entries with an expected shard need the shard of their result.
    const count = entries.some((entry) => table.shardIds.of(entry) !== undefined) ? -1 : entries.length;
    // Before the first await: after a timeout the entries' memory is reused.
    const body = bodies.write(table, entries, target);
    try {
      return await send(body, target, count, attempt);
    } catch (error) {
      if (body.format === "json" || !refusesFormat(error)) throw error;
      bodies.fallBackToJson();
      return sendAll(table, entries, target, attempt);
    }
  }

  async function listShards(page: ListShardsCommandInput, attempt: Attempt): Promise<ListShardsCommandOutput> {
    await takeKeys(attempt);
    return client.send(new ListShardsCommand(page), { abortSignal: attempt.signal });
  }

  return {
    putRecords(table, entries, stream) {
      const target = targetFor(stream);
      return attempts.run(
        (attempt) => watched(sendAll(table, entries, target, attempt), credentials),
        (response) => (response === "took all" ? { kind: "answered", failed: [], strayed: 0 } : readPutRecordsResponse(response, table, entries)),
        limit,
      );
    },
    listShards(nextToken, stream) {
      const page = nextToken === undefined ? { ...targetFor(stream), ShardFilter: { Type: "AT_LATEST" as const } } : { NextToken: nextToken };
      return attempts.run((attempt) => watched(listShards(page, attempt), credentials), readShards, shardListLimit);
    },
    close() {
      attempts.close();
      credentials.close();
      client.destroy();
    },
  };
}

/** A shard of a ListShards response. Its members may have any type: the SDK does not check them. */
interface ListedShard {
  readonly ShardId?: unknown;
  readonly HashKeyRange?: { readonly StartingHashKey?: unknown; readonly EndingHashKey?: unknown } | null;
  readonly SequenceNumberRange?: { readonly EndingSequenceNumber?: unknown } | null;
}

/** Returns the open shards. A shard that a split or merge has closed has an ending sequence number. */
function readShards({ Shards: listed = [], NextToken: nextToken }: ListShardsCommandOutput): ShardPage | RequestFailure {
  if (!Array.isArray(listed) || (nextToken !== undefined && typeof nextToken !== "string")) {
    return { kind: "failed", code: "InvalidResponse", message: "the response is not a list of shards; is it a Kinesis endpoint?", cause: "transient" };
  }
  const shards: Shard[] = [];
  for (const shard of listed as readonly (ListedShard | null)[]) {
    const { ShardId: id, HashKeyRange: range, SequenceNumberRange: numbers } = shard ?? {};
    if ((numbers?.EndingSequenceNumber ?? undefined) !== undefined) continue;
    const startingHashKey = readHashKey(range?.StartingHashKey);
    const endingHashKey = readHashKey(range?.EndingHashKey);
    if (typeof id !== "string" || startingHashKey === undefined || endingHashKey === undefined) continue;
    shards.push({ id, startingHashKey, endingHashKey });
  }
  return { kind: "listed", shards, nextToken };
}

function readHashKey(text: unknown): bigint | undefined {
  return typeof text === "string" && /^\d{1,39}$/u.test(text) ? BigInt(text) : undefined;
}
