// Tests ListShards over HTTP against a local service: the requests, and the outcome of each kind of response.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ScriptedService, type Answering } from "../../support/scripted_service.js";
import { sdkClientOf, stubSdkEnvironment, type SdkClient } from "../../support/sdk_client.js";

const stops: (() => void | Promise<void>)[] = [];
const greatest = (1n << 128n) - 1n;

beforeEach(stubSdkEnvironment);
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  vi.unstubAllEnvs();
});

async function serve(respond: Answering, stream = "logs"): Promise<{ service: ScriptedService; client: SdkClient }> {
  const service = await ScriptedService.start(respond);
  const client = sdkClientOf(service.endpoint, stream);
  stops.push(() => service.stop(), () => client.close());
  return { service, client };
}

function serving(status: number, body: unknown, stream?: string) {
  return serve(() => ({ status, body: typeof body === "string" ? body : JSON.stringify(body) }), stream);
}

function shard(id: string, first: unknown, last: unknown, more: object = {}): object {
  const HashKeyRange = { StartingHashKey: first, EndingHashKey: last };
  return { ShardId: id, HashKeyRange, SequenceNumberRange: { StartingSequenceNumber: "1" }, ...more };
}

const whole = shard("shardId-0", "0", greatest.toString());
const found = { id: "shardId-0", startingHashKey: 0n, endingHashKey: greatest };

function bodyOf(service: ScriptedService, request = 0): unknown {
  return JSON.parse(service.requests[request]?.body ?? "");
}

describe("a ListShards request", () => {
  it("lists the current shards of the stream", async () => {
    const { service, client } = await serving(200, { Shards: [whole] });
    await client.listShards();
    expect(service.requests[0]?.headers["x-amz-target"]).toBe("Kinesis_20131202.ListShards");
    expect(bodyOf(service)).toEqual({ StreamName: "logs", ShardFilter: { Type: "AT_LATEST" } });
  });

  it("names another stream by its name", async () => {
    const { service, client } = await serving(200, { Shards: [whole] }, "arn:aws:kinesis:us-west-2:123456789012:stream/logs");
    await client.listShards(undefined, "other");
    expect(bodyOf(service)).toEqual({ StreamName: "other", ShardFilter: { Type: "AT_LATEST" } });
  });

  it("names a stream that is configured by ARN as StreamARN", async () => {
    const stream = "arn:aws:kinesis:us-west-2:123456789012:stream/logs";
    const { service, client } = await serving(200, { Shards: [whole] }, stream);
    expect(await client.listShards()).toMatchObject({ kind: "listed" });
    expect(bodyOf(service)).toEqual({ StreamARN: stream, ShardFilter: { Type: "AT_LATEST" } });
  });

  it.each(["logs", "arn:aws:kinesis:us-west-2:123456789012:stream/logs"])(
    "for the next page has only the token: the service accepts no stream with it (%s)",
    async (stream) => {
      const { service, client } = await serving(200, { Shards: [whole] }, stream);
      await client.listShards("token");
      expect(bodyOf(service)).toEqual({ NextToken: "token" });
    },
  );

  it("is sent only once", async () => {
    const { service, client } = await serving(500, { __type: "InternalFailure", message: "broken" });
    await client.listShards();
    expect(service.requests).toHaveLength(1);
  });
});

describe("a response to ListShards", () => {
  it("yields each shard with its exact range", async () => {
    const half = 1n << 127n;
    const shards = [shard("a", "0", (half - 1n).toString()), shard("b", half.toString(), greatest.toString())];
    const { client } = await serving(200, { Shards: shards });
    expect(await client.listShards()).toEqual({
      kind: "listed",
      nextToken: undefined,
      shards: [
        { id: "a", startingHashKey: 0n, endingHashKey: half - 1n },
        { id: "b", startingHashKey: half, endingHashKey: greatest },
      ],
    });
  });

  it("yields no shards that a split or merge has closed", async () => {
    const closed = { SequenceNumberRange: { StartingSequenceNumber: "1", EndingSequenceNumber: "9" } };
    const { client } = await serving(200, { Shards: [shard("shardId-9", "0", "1", closed), whole] });
    expect(await client.listShards()).toMatchObject({ shards: [found] });
  });

  it("yields a shard with a null ending sequence number as open", async () => {
    const open = { SequenceNumberRange: { StartingSequenceNumber: "1", EndingSequenceNumber: null } };
    const { client } = await serving(200, { Shards: [shard("shardId-0", "0", greatest.toString(), open)], NextToken: null });
    const outcome = await client.listShards();
    expect(outcome).toMatchObject({ shards: [found] });
    expect(outcome).toHaveProperty("nextToken", undefined);
  });

  it("yields the token of the next page", async () => {
    const { client } = await serving(200, { Shards: [whole], NextToken: "more" });
    expect(await client.listShards()).toEqual({ kind: "listed", shards: [found], nextToken: "more" });
  });

  it.each([
    ["no list", {}],
    ["a shard without a name", { Shards: [{ ...whole, ShardId: undefined }] }],
    ["a shard without a range", { Shards: [{ ShardId: "a" }] }],
    ["half a range", { Shards: [shard("a", "0", undefined)] }],
    ["ranges that are not numbers", { Shards: [shard("a", "0", "x"), shard("b", "-1", "9"), shard("c", "0x1", "9")] }],
    ["a range of too many digits", { Shards: [shard("a", "0", "1".repeat(40))] }],
  ])("with %s yields no shard", async (_, body) => {
    const { client } = await serving(200, body);
    expect(await client.listShards()).toEqual({ kind: "listed", shards: [], nextToken: undefined });
  });

  it.each(["<html>It works!</html>", '{"Shards":'])("that is not JSON (%j) is a failure", async (body) => {
    const { client } = await serving(200, body);
    expect(await client.listShards()).toMatchObject({ kind: "failed" });
  });

  it.each([
    [400, "AccessDeniedException", "setup"],
    [400, "ResourceNotFoundException", "setup"],
    [400, "LimitExceededException", "transient"],
    [500, "InternalFailure", "transient"],
  ])("with status %i and %s is a failure with the cause %s", async (status, code, cause) => {
    const { client } = await serving(status, { __type: code, message: "because" });
    expect(await client.listShards()).toEqual({ kind: "failed", code, message: "because", cause });
  });
});

it("closing the client ends a ListShards request under way", async () => {
  const { service, client } = await serve(() => "silence");
  const outcome = client.listShards();
  await vi.waitFor(() => expect(service.requests).toHaveLength(1));
  client.close();
  expect(await outcome).toMatchObject({ kind: "failed", cause: "setup" });
});
