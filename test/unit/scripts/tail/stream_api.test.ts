/** Tests the requests for a stream's shards and records through the SDK's client. */
import { setMaxListeners } from "node:events";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, describe, expect, it } from "vitest";
import type { Position } from "../../../../scripts/tail/position.js";
import { maxRequests, streamApi, type StreamApi } from "../../../../scripts/tail/stream_api.js";
import { ScriptedService } from "../../../support/scripted_service.js";

const arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
const running: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of running.splice(0)) await end();
});

/** Each request gets the next of these responses. */
async function apiOf(stream: string, ...answers: object[]): Promise<{ api: StreamApi; bodies: () => unknown[] }> {
  const service = await ScriptedService.start((_, index) => ({ body: JSON.stringify(answers[index] ?? {}) }));
  const client = new KinesisClient({
    endpoint: service.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" },
    requestHandler: new NodeHttpHandler({}),
  });
  running.push(() => client.destroy(), () => service.stop());
  const bodies = (): unknown[] => service.requests.map(({ body }) => JSON.parse(body) as unknown);
  return { api: streamApi(client, stream, new AbortController().signal), bodies };
}

describe("the shards", () => {
  const listed = { ShardId: "a", HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" } };
  const range = { StartingSequenceNumber: "1" };

  it("are listed over all pages; pages after the first are requested by token", async () => {
    const { api, bodies } = await apiOf(
      "s",
      { Shards: [{ ...listed, SequenceNumberRange: { ...range, EndingSequenceNumber: "2" } }], NextToken: "t" },
      { Shards: [{ ...listed, ShardId: "b", ParentShardId: "a", AdjacentParentShardId: "z", SequenceNumberRange: range }] },
    );
    expect(await api.listShards()).toEqual([
      { id: "a", parents: [], isOpen: false },
      { id: "b", parents: ["a", "z"], isOpen: true },
    ]);
    expect(bodies()).toEqual([{ StreamName: "s" }, { NextToken: "t" }]);
  });

  it("of a stream given by ARN are requested by ARN", async () => {
    const { api, bodies } = await apiOf(arn, { Shards: [], NextToken: "t" }, {}, { ShardIterator: "i" }, { Records: [] });
    await api.listShards();
    await api.iteratorAt("a", { kind: "latest" });
    await api.read("i");
    expect(bodies()).toMatchObject([{ StreamARN: arn }, { StreamARN: arn, NextToken: "t" }, { StreamARN: arn }, { StreamARN: arn }]);
  });
});

describe("an iterator", () => {
  it.each<[Position, object]>([
    [{ kind: "latest" }, { ShardIteratorType: "LATEST" }],
    [{ kind: "trim-horizon" }, { ShardIteratorType: "TRIM_HORIZON" }],
    [{ kind: "time", time: new Date(1_700_000_000_500) }, { ShardIteratorType: "AT_TIMESTAMP", Timestamp: 1_700_000_000.5 }],
    [{ kind: "after", sequenceNumber: "7" }, { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: "7" }],
  ])("is requested at %j", async (position, expected) => {
    const { api, bodies } = await apiOf("s", { ShardIterator: "i" });
    expect(await api.iteratorAt("a", position)).toBe("i");
    expect(bodies()).toEqual([{ StreamName: "s", ShardId: "a", ...expected }]);
  });
});

describe("a page", () => {
  it("has the records, and the next iterator", async () => {
    const record = { SequenceNumber: "1", ApproximateArrivalTimestamp: 1.5, PartitionKey: "k", Data: "b25l" };
    const { api } = await apiOf("s", { Records: [record], NextShardIterator: "j", MillisBehindLatest: 9 });
    const page = await api.read("i");
    expect(page).toMatchObject({ next: "j", millisBehind: 9, children: [] });
    expect(page.records).toEqual([
      { sequenceNumber: "1", time: new Date(1500), partitionKey: "k", data: new Uint8Array(Buffer.from("one")) },
    ]);
  });

  it.each([[{ NextShardIterator: null }], [{}]])("with %j is the end, and has the children", async (end) => {
    const child = { ShardId: "b", ParentShards: ["a"], HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" } };
    const { api } = await apiOf("s", { Records: [], ...end, ChildShards: [child] });
    const page = await api.read("i");
    expect(page.next).toBeUndefined();
    expect(page.children).toEqual([{ id: "b", parents: ["a"], isOpen: true }]);
  });
});

it("concurrent requests never exceed the number of connections", async () => {
  let underWay = 0;
  let most = 0;
  class CountingHandler extends NodeHttpHandler {
    override async handle(...request: Parameters<NodeHttpHandler["handle"]>): ReturnType<NodeHttpHandler["handle"]> {
      most = Math.max(most, ++underWay);
      return super.handle(...request).finally(() => underWay--);
    }
  }
  const service = await ScriptedService.start(() => ({ body: JSON.stringify({ Records: [], MillisBehindLatest: 0 }) }));
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };
  const client = new KinesisClient({ endpoint: service.endpoint, region: "us-east-1", credentials, requestHandler: new CountingHandler({}) });
  running.push(() => client.destroy(), () => service.stop());
  const signal = new AbortController().signal;
  setMaxListeners(0, signal);
  const api = streamApi(client, "s", signal);
  const pages = await Promise.all(Array.from({ length: 3 * maxRequests }, () => api.read("i")));
  expect(pages).toHaveLength(3 * maxRequests);
  expect(most).toBe(maxRequests);
});
