// Tests well-formed responses with wrong members: each has an outcome, and none causes a JavaScript error.
import { expect, it } from "vitest";
import { entryOf, tableOf } from "../../support/entry.js";
import type { SdkClient } from "../../support/sdk_client.js";
import { useServedClient } from "../../support/served_client.js";

const entries = ["x", "y"].map((text) => entryOf({ data: Buffer.from(text), partitionKey: "k" }));
const taken = { SequenceNumber: "1", ShardId: "shardId-0" };

const served = useServedClient();

function clientOf(body: unknown, status = 200): Promise<SdkClient> {
  return served.start({ status, headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify(body) });
}

it.each([[{}], [{ Records: {} }], [{ Records: "xx" }], [{ Records: { length: 2 } }], [{ Records: 7 }], [{ Records: null }], [null], [[]], ["x"]])(
  "a PutRecords response without a result for each record (%j) is an InvalidResponse",
  async (body) => {
    const client = await clientOf(body);
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "failed", code: "InvalidResponse", cause: "transient" });
  },
);

it.each([null, 7, "x", [], {}, { ErrorCode: 7 }, { ErrorCode: {}, ErrorMessage: [] }, { ErrorCode: "", SequenceNumber: null }])(
  "a malformed PutRecords result (%j) is a failed entry",
  async (result) => {
    const client = await clientOf({ Records: [taken, result] });
    expect(await client.putRecords(...tableOf(entries))).toEqual({ kind: "answered", failed: [{ index: 1, code: "UnknownError", message: "" }], strayed: 0 });
  },
);

it.each([{}, [], 7, true, null])("a refusal whose message is not a text (%j) still has an outcome", async (message) => {
  const client = await clientOf({ __type: "InternalFailure", message }, 500);
  expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "failed", code: "InternalFailure", cause: "transient", message: expect.any(String) as string });
});

it.each([{}, 7, [], ""])("a refusal whose code is not a text (%j) still has an outcome", async (code) => {
  const client = await clientOf({ __type: code, message: "no" }, 400);
  expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "failed", code: expect.stringMatching(/^(?:HTTP 400|\w+)$/u) as string });
});

it.each([[{ Shards: {} }], [{ Shards: "x" }], [{ Shards: 7 }], [{ Shards: [], NextToken: {} }]])("a malformed list of shards (%j) is an InvalidResponse", async (body) => {
  const client = await clientOf(body);
  expect(await client.listShards()).toMatchObject({ kind: "failed", code: "InvalidResponse" });
});

it.each([null, 7, "x", {}, { ShardId: 7 }, { ShardId: "s", HashKeyRange: null }, { ShardId: "s", HashKeyRange: { StartingHashKey: 0, EndingHashKey: "-1" } }])(
  "a shard without a name or a range (%j) is skipped",
  async (shard) => {
    const good = { ShardId: "shardId-0", HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" }, SequenceNumberRange: null };
    const client = await clientOf({ Shards: [shard, good] });
    expect(await client.listShards()).toMatchObject({ kind: "listed", shards: [{ id: "shardId-0", startingHashKey: 0n, endingHashKey: 9n }] });
  },
);
