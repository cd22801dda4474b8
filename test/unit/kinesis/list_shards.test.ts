// ListShards over HTTP to a service on this machine: what is asked, and what becomes of each kind of answer.
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

async function serve(answer: Answering, stream = "logs"): Promise<{ service: ScriptedService; client: SdkClient }> {
  const service = await ScriptedService.start(answer);
  const client = sdkClientOf(service.endpoint, stream);
  stops.push(() => service.stop(), () => client.close());
  return { service, client };
}

function answering(status: number, body: unknown, stream?: string) {
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

describe("a request", () => {
  it("asks for the stream's shards of now", async () => {
    const { service, client } = await answering(200, { Shards: [whole] });
    await client.listShards();
    expect(service.requests[0]?.headers["x-amz-target"]).toBe("Kinesis_20131202.ListShards");
    expect(bodyOf(service)).toEqual({ StreamName: "logs", ShardFilter: { Type: "AT_LATEST" } });
  });

  it("asks for the shards of another stream by its name", async () => {
    const { service, client } = await answering(200, { Shards: [whole] }, "arn:aws:kinesis:us-west-2:123456789012:stream/logs");
    await client.listShards(undefined, "other");
    expect(bodyOf(service)).toEqual({ StreamName: "other", ShardFilter: { Type: "AT_LATEST" } });
  });

  it("names a stream that is given by its ARN as StreamARN", async () => {
    const stream = "arn:aws:kinesis:us-west-2:123456789012:stream/logs";
    const { service, client } = await answering(200, { Shards: [whole] }, stream);
    expect(await client.listShards()).toMatchObject({ kind: "listed" });
    expect(bodyOf(service)).toEqual({ StreamARN: stream, ShardFilter: { Type: "AT_LATEST" } });
  });

  it.each(["logs", "arn:aws:kinesis:us-west-2:123456789012:stream/logs"])(
    "for the next page has its token alone: the service takes no stream beside it (%s)",
    async (stream) => {
      const { service, client } = await answering(200, { Shards: [whole] }, stream);
      await client.listShards("token");
      expect(bodyOf(service)).toEqual({ NextToken: "token" });
    },
  );

  it("is sent once only", async () => {
    const { service, client } = await answering(500, { __type: "InternalFailure", message: "broken" });
    await client.listShards();
    expect(service.requests).toHaveLength(1);
  });
});

describe("an answer", () => {
  it("gives each shard with its range, to the last digit", async () => {
    const half = 1n << 127n;
    const shards = [shard("a", "0", (half - 1n).toString()), shard("b", half.toString(), greatest.toString())];
    const { client } = await answering(200, { Shards: shards });
    expect(await client.listShards()).toEqual({
      kind: "listed",
      nextToken: undefined,
      shards: [
        { id: "a", startingHashKey: 0n, endingHashKey: half - 1n },
        { id: "b", startingHashKey: half, endingHashKey: greatest },
      ],
    });
  });

  it("leaves out the shards that a split or a merge has closed", async () => {
    const closed = { SequenceNumberRange: { StartingSequenceNumber: "1", EndingSequenceNumber: "9" } };
    const { client } = await answering(200, { Shards: [shard("shardId-9", "0", "1", closed), whole] });
    expect(await client.listShards()).toMatchObject({ shards: [found] });
  });

  it("takes a shard as open whose ending sequence number is spelled out as none", async () => {
    const open = { SequenceNumberRange: { StartingSequenceNumber: "1", EndingSequenceNumber: null } };
    const { client } = await answering(200, { Shards: [shard("shardId-0", "0", greatest.toString(), open)], NextToken: null });
    const answer = await client.listShards();
    expect(answer).toMatchObject({ shards: [found] });
    expect(answer).toHaveProperty("nextToken", undefined);
  });

  it("leads to the next page", async () => {
    const { client } = await answering(200, { Shards: [whole], NextToken: "more" });
    expect(await client.listShards()).toEqual({ kind: "listed", shards: [found], nextToken: "more" });
  });

  it.each([
    ["no list", {}],
    ["a shard without a name", { Shards: [{ ...whole, ShardId: undefined }] }],
    ["a shard without a range", { Shards: [{ ShardId: "a" }] }],
    ["half a range", { Shards: [shard("a", "0", undefined)] }],
    ["a range that is no number", { Shards: [shard("a", "0", "x"), shard("b", "-1", "9"), shard("c", "0x1", "9")] }],
    ["a range of too many digits", { Shards: [shard("a", "0", "1".repeat(40))] }],
  ])("with %s has no shard", async (_, body) => {
    const { client } = await answering(200, body);
    expect(await client.listShards()).toEqual({ kind: "listed", shards: [], nextToken: undefined });
  });

  it.each(["<html>It works!</html>", '{"Shards":'])("that is no JSON (%j) is a failure", async (body) => {
    const { client } = await answering(200, body);
    expect(await client.listShards()).toMatchObject({ kind: "failed" });
  });

  it.each([
    [400, "AccessDeniedException", "setup"],
    [400, "ResourceNotFoundException", "setup"],
    [400, "LimitExceededException", "transient"],
    [500, "InternalFailure", "transient"],
  ])("of %i with %s is a failure, its cause %s", async (status, code, cause) => {
    const { client } = await answering(status, { __type: code, message: "because" });
    expect(await client.listShards()).toEqual({ kind: "failed", code, message: "because", cause });
  });
});

it("close ends a request under way", async () => {
  const { service, client } = await serve(() => "silence");
  const outcome = client.listShards();
  await vi.waitFor(() => expect(service.requests).toHaveLength(1));
  client.close();
  expect(await outcome).toMatchObject({ kind: "failed", cause: "setup" });
});
