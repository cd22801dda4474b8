// Tests requests in CBOR: the outcome of their responses, and the fallback to JSON when an endpoint refuses CBOR.
import { cbor } from "@smithy/core/cbor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PutRecordsClient } from "../../../src/delivery/kinesis_client.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { ScriptedService, type Answering, type ServedResponse, type ServedRequest } from "../../support/scripted_service.js";
import { sdkClientOf, stubSdkEnvironment } from "../../support/sdk_client.js";

const cborContent = { "content-type": "application/x-amz-cbor-1.1" };
const jsonContent = { "content-type": "application/x-amz-json-1.1" };
const taken = { ShardId: "shardId-0", SequenceNumber: "49590338271490256608559692538361571095921575989136588898" };
const entries = ["one", "zwölf"].map((text, index) => entryOf({ data: Buffer.from(text), partitionKey: `key ${index}` }));
const tookBoth = { kind: "answered", failed: [], strayed: 0 };

let service: ScriptedService;
let client: PutRecordsClient;
let refusals = 0;

async function serve(respond: Answering): Promise<void> {
  service = await ScriptedService.start(respond);
  client = sdkClientOf(service.endpoint, "logs", bodiesFor("logs", "cbor", () => refusals++));
}

const inCbor = (body: object, status = 200): ServedResponse => ({ status, headers: cborContent, body: cbor.serialize(body) });
const inJson = (body: object, status = 200): ServedResponse => ({ status, headers: jsonContent, body: JSON.stringify(body) });
const formatOf = ({ headers }: ServedRequest) => headers["content-type"]?.slice("application/x-amz-".length);

beforeEach(() => {
  refusals = 0;
  stubSdkEnvironment();
});

afterEach(async () => {
  client.close();
  await service.stop();
  vi.unstubAllEnvs();
});

describe("a request in CBOR", () => {
  it("is a signed PutRecords with a CBOR body", async () => {
    await serve(() => inCbor({ FailedRecordCount: 0, Records: [taken, taken] }));
    expect(await client.putRecords(...tableOf(entries))).toEqual(tookBoth);
    const { headers, bytes } = service.requests[0] as ServedRequest;
    expect(headers).toMatchObject({ ...cborContent, "x-amz-target": "Kinesis_20131202.PutRecords" });
    expect(headers.authorization).toMatch(/SignedHeaders=content-type;host;x-amz-date;x-amz-target,/);
    expect(cbor.deserialize(Uint8Array.from(bytes))).toEqual({
      Records: [
        { Data: Uint8Array.from(Buffer.from("one")), PartitionKey: "key 0" },
        { Data: Uint8Array.from(Buffer.from("zwölf")), PartitionKey: "key 1" },
      ],
      StreamName: "logs",
    });
  });

  it("yields the failed entries when the service accepts a part", async () => {
    const failed = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };
    await serve(() => inCbor({ FailedRecordCount: 1, Records: [taken, failed] }));
    expect(await client.putRecords(...tableOf(entries))).toEqual({
      kind: "answered",
      strayed: 0,
      failed: [{ index: 1, code: "ProvisionedThroughputExceededException", message: "Rate exceeded" }],
    });
  });

  it("has a failed entry for a null sequence number, even with FailedRecordCount 0", async () => {
    await serve(() => inCbor({ FailedRecordCount: 0, Records: [taken, { SequenceNumber: null, ShardId: null }] }));
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "answered", failed: [{ index: 1, code: "UnknownError" }] });
  });

  it("fails when the response has another number of results", async () => {
    await serve(() => inCbor({ FailedRecordCount: 0, Records: [taken] }));
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "failed", code: "InvalidResponse" });
  });

  it("counts entries that an unexpected shard accepted", async () => {
    await serve(() => inCbor({ FailedRecordCount: 0, Records: [taken, taken] }));
    const expected = ["shardId-0", "shardId-1"].map((shardId) => entryOf({ data: Buffer.from("x"), partitionKey: "k", shardId }));
    expect(await client.putRecords(...tableOf(expected))).toEqual({ ...tookBoth, strayed: 1 });
  });

  it.each([
    ["CBOR", (body: object) => inCbor(body, 400)],
    ["JSON", (body: object) => inJson(body, 400)],
  ])("has the service's reason when refused in %s, and later requests stay CBOR", async (_, respond) => {
    await serve(() => respond({ __type: "ResourceNotFoundException", message: "Stream logs not found" }));
    const failure = { kind: "failed", code: "ResourceNotFoundException", cause: "setup" };
    expect(await client.putRecords(...tableOf(entries))).toMatchObject(failure);
    expect(await client.putRecords(...tableOf(entries))).toMatchObject(failure);
    expect(service.requests.map(formatOf)).toEqual(["cbor-1.1", "cbor-1.1"]);
    expect(refusals).toBe(0);
  });

  it("is a transient failure when the response has the content-type of CBOR but is not CBOR", async () => {
    await serve(() => ({ headers: cborContent, body: "\xff\xff<html>" }));
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "failed", code: "InvalidResponse", cause: "transient" });
  });
});

describe("an endpoint that refuses CBOR", () => {
  it.each([
    ["SerializationException", inJson({ __type: "SerializationException" }, 400)],
    ["UnknownOperationException", inJson({ __type: "com.amazon.coral.service#UnknownOperationException" }, 400)],
    ["UnsupportedMediaTypeException", inCbor({ __type: "UnsupportedMediaTypeException", message: "no" }, 400)],
    ["status 415", { status: 415, body: "" }],
  ])("with %s gets the same records and all later ones as JSON, and is reported once", async (_, refusal) => {
    await serve((request) => (formatOf(request) === "cbor-1.1" ? refusal : inJson({ FailedRecordCount: 0, Records: [taken, taken] })));
    expect(await client.putRecords(...tableOf(entries))).toEqual(tookBoth);
    expect(await client.putRecords(...tableOf(entries))).toEqual(tookBoth);
    expect(service.requests.map(formatOf)).toEqual(["cbor-1.1", "json-1.1", "json-1.1"]);
    expect(JSON.parse(service.requests[1]?.body ?? "")).toMatchObject({ StreamName: "logs", Records: [{ PartitionKey: "key 0" }, {}] });
    expect(refusals).toBe(1);
  });

  it("is reported once for concurrent requests", async () => {
    const refusal = inJson({ __type: "SerializationException" }, 400);
    await serve((request) => (formatOf(request) === "cbor-1.1" ? refusal : inJson({ FailedRecordCount: 0, Records: [taken, taken] })));
    expect(await Promise.all([1, 2, 3].map(() => client.putRecords(...tableOf(entries))))).toEqual([tookBoth, tookBoth, tookBoth]);
    expect(refusals).toBe(1);
  });

  it("and JSON too fails the request with the endpoint's error", async () => {
    await serve(() => inJson({ __type: "SerializationException", message: "what is this" }, 400));
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "failed", code: "SerializationException" });
    expect(service.requests.map(formatOf)).toEqual(["cbor-1.1", "json-1.1"]);
  });
});
