// Kinesis behind something that encodes or redirects: an answer in gzip is an answer, and what cannot be read is told with what to do.
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { entryOf, tableOf } from "../../support/entry.js";
import type { ServedResponse } from "../../support/scripted_service.js";
import type { SdkClient } from "../../support/sdk_client.js";
import { useServedClient } from "../../support/served_client.js";

const entries = [entryOf({ data: Buffer.from("x"), partitionKey: "k" }), entryOf({ data: Buffer.from("y"), partitionKey: "k" })];
const taken = { SequenceNumber: "1", ShardId: "shardId-0" };
const refused = { ErrorCode: "InternalFailure", ErrorMessage: "no" };

const served = useServedClient();

const clientOf = (answer: ServedResponse): Promise<SdkClient> => served.start(answer);

describe("an answer in gzip", () => {
  const zipped = (answer: object): ServedResponse =>
    ({ headers: { "content-encoding": "gzip", "content-type": "application/x-amz-json-1.1" }, body: gzipSync(JSON.stringify(answer)) });

  it("that says that all was taken is heeded", async () => {
    const client = await clientOf(zipped({ FailedRecordCount: 0, Records: [taken, taken] }));
    expect(await client.putRecords(...tableOf(entries))).toEqual({ kind: "answered", failed: [], strayed: 0 });
    expect(served.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("that says that a part was taken is heeded", async () => {
    const client = await clientOf(zipped({ FailedRecordCount: 1, Records: [taken, refused] }));
    expect(await client.putRecords(...tableOf(entries))).toEqual({ kind: "answered", failed: [{ index: 1, code: "InternalFailure", message: "no" }], strayed: 0 });
  });

  it("that refuses the request is heeded", async () => {
    const client = await clientOf({ status: 400, ...zipped({ __type: "ResourceNotFoundException", message: "Stream logs not found" }) });
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ code: "ResourceNotFoundException", cause: "setup" });
  });

  it("is no list of shards less", async () => {
    const shard = { ShardId: "shardId-0", HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" }, SequenceNumberRange: { StartingSequenceNumber: "1" } };
    expect(await (await clientOf(zipped({ Shards: [shard] }))).listShards()).toMatchObject({ kind: "listed", shards: [{ id: "shardId-0" }] });
  });
});

it("an answer that cannot be read is not sent again at once: the records may have been taken", async () => {
  const client = await clientOf({ headers: { "content-encoding": "zstd" }, body: "x" });
  const failure = { kind: "failed", code: "EncodedResponse", cause: "setup", message: expect.stringMatching(/encoding zstd.*configure the proxy or endpoint not to encode responses/) as string };
  expect(await client.putRecords(...tableOf(entries))).toMatchObject(failure);
  expect(await client.listShards()).toMatchObject(failure);
});

it.each([
  [301, "https://login.example/?token=hunter2", "to https://login.example"],
  [302, "/elsewhere", "to http://127.0.0.1:"],
  [307, "//user:hunter2@other.example:8443/", "to http://other.example:8443"],
  [308, "http://[", "to no address"],
  [303, "mailto:x", "to no address"],
  [304, undefined, "to no address"],
])("a redirect (%i to %s) is told with the option to check, and without its path", async (status, location, told) => {
  const client = await clientOf({ status, headers: location === undefined ? {} : { location }, body: "" });
  for (const outcome of [await client.putRecords(...tableOf(entries)), await client.listShards()]) {
    expect(outcome).toMatchObject({ kind: "failed", code: "Redirected", cause: "setup" });
    expect(outcome).toMatchObject({ message: expect.stringContaining(`the service redirects ${told}`) as string });
    expect(outcome).toMatchObject({ message: expect.stringMatching(/, which is not followed; check the option endpoint, AWS_ENDPOINT_URL_KINESIS and the proxy$/) as string });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
  }
});
