// Tests responses that a proxy encodes or redirects: gzip is decoded, and an unreadable response is reported with advice.
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

const clientOf = (response: ServedResponse): Promise<SdkClient> => served.start(response);

describe("a response in gzip", () => {
  const zipped = (body: object): ServedResponse =>
    ({ headers: { "content-encoding": "gzip", "content-type": "application/x-amz-json-1.1" }, body: gzipSync(JSON.stringify(body)) });

  it("with all entries accepted is decoded", async () => {
    const client = await clientOf(zipped({ FailedRecordCount: 0, Records: [taken, taken] }));
    expect(await client.putRecords(...tableOf(entries))).toEqual({ kind: "answered", failed: [], strayed: 0 });
    expect(served.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("with a failed entry is decoded", async () => {
    const client = await clientOf(zipped({ FailedRecordCount: 1, Records: [taken, refused] }));
    expect(await client.putRecords(...tableOf(entries))).toEqual({ kind: "answered", failed: [{ index: 1, code: "InternalFailure", message: "no" }], strayed: 0 });
  });

  it("that refuses the request is decoded", async () => {
    const client = await clientOf({ status: 400, ...zipped({ __type: "ResourceNotFoundException", message: "Stream logs not found" }) });
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ code: "ResourceNotFoundException", cause: "setup" });
  });

  it("with a list of shards is decoded", async () => {
    const shard = { ShardId: "shardId-0", HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" }, SequenceNumberRange: { StartingSequenceNumber: "1" } };
    expect(await (await clientOf(zipped({ Shards: [shard] }))).listShards()).toMatchObject({ kind: "listed", shards: [{ id: "shardId-0" }] });
  });
});

it("a response in an unknown encoding is not a transient failure: the service may have accepted the records", async () => {
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
])("a redirect (%i to %s) is reported with the options to check, and without its path", async (status, location, reported) => {
  const client = await clientOf({ status, headers: location === undefined ? {} : { location }, body: "" });
  for (const outcome of [await client.putRecords(...tableOf(entries)), await client.listShards()]) {
    expect(outcome).toMatchObject({ kind: "failed", code: "Redirected", cause: "setup" });
    expect(outcome).toMatchObject({ message: expect.stringContaining(`the service redirects ${reported}`) as string });
    expect(outcome).toMatchObject({ message: expect.stringMatching(/, which is not followed; check the option endpoint, AWS_ENDPOINT_URL_KINESIS and the proxy$/) as string });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
  }
});
