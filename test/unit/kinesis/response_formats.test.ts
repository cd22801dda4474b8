// Tests that the content-type sets the format of a response: each response format for each request format.
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { cbor } from "@smithy/core/cbor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PutRecordsClient } from "../../../src/delivery/kinesis_client.js";
import { beginsAsCborMap, formatOfResponse } from "../../../src/kinesis/put_records_response.js";
import type { RequestFormat } from "../../../src/kinesis/request_format.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { ScriptedService } from "../../support/scripted_service.js";
import { sdkClientOf, stubSdkEnvironment } from "../../support/sdk_client.js";

const taken = { ShardId: "shardId-0", SequenceNumber: "49590338271490256608559692538361571095921575989136588898" };
const entries = ["one", "two"].map((text) => entryOf({ data: Buffer.from(text), partitionKey: "k" }));
const formats: readonly RequestFormat[] = ["json", "cbor"];

/** Content-types and their formats; undefined means the format of the request. */
const contentTypes: readonly [string | undefined, RequestFormat | undefined][] = [
  ["application/x-amz-json-1.1", "json"],
  ["application/json", "json"],
  ["application/json; charset=utf-8", "json"],
  ["Application/X-AMZ-JSON-1.1 ;charset=UTF-8", "json"],
  ["application/x-amz-cbor-1.1", "cbor"],
  ["application/cbor", "cbor"],
  ["APPLICATION/CBOR; charset=binary", "cbor"],
  ["text/plain", undefined],
  ["application/octet-stream", undefined],
  ["application/x-amz-json-1.0", undefined],
  ["constructor", undefined],
  ["", undefined],
  [undefined, undefined],
];

describe("the format of a response", () => {
  it.each(contentTypes.flatMap(([type, format]) => formats.map((requested) => [type, requested, format ?? requested] as const)))(
    "with content-type %j to a request in %s is %s",
    (contentType, requestFormat, expected) => {
      expect(formatOfResponse(contentType, requestFormat)).toBe(expected);
    },
  );

  it.each([
    ["a map of no members", [0xa0], true],
    ["a map of some members", [0xa2], true],
    ["a map of unknown length", [0xbf], true],
    ["a list", [0x9f], false],
    ["a tag", [0xc0], false],
    ["a JSON object", [0x7b], false],
    ["an HTML page", [0x3c], false],
    ["nothing", [], false],
  ])("is recognized as CBOR only by the first byte of a map: %s", (_, bytes, expected) => {
    expect(beginsAsCborMap(Uint8Array.from(bytes))).toBe(expected);
  });
});

describe("a response", () => {
  let service: ScriptedService;
  let client: PutRecordsClient;
  const stops: (() => void | Promise<void>)[] = [];

  beforeEach(stubSdkEnvironment);
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  /** Starts a service with this response, and a client that sends in this format. */
  async function serve(format: RequestFormat, status: number, contentType: string | undefined, body: string | Uint8Array): Promise<void> {
    const headers = contentType === undefined ? {} : { "content-type": contentType };
    service = await ScriptedService.start(() => ({ status, headers, body }));
    client = sdkClientOf(service.endpoint, "logs", bodiesFor("logs", format));
    stops.push(() => service.stop(), () => client.close());
  }

  const written = (format: RequestFormat, value: object) => (format === "cbor" ? cbor.serialize(value) : JSON.stringify(value));
  const cases = contentTypes.flatMap(([type, format]) => formats.map((requested) => [requested, type, format ?? requested] as const));

  it.each(cases)("to a request in %s, with content-type %j, of full success in %s is read without the SDK", async (requested, type, format) => {
    await serve(requested, 200, type, written(format, { FailedRecordCount: 0, Records: [taken, taken] }));
    const sdk = vi.spyOn(KinesisClient.prototype, "send");
    for (let count = 0; count < 3; count++) expect(await client.putRecords(...tableOf(entries))).toEqual({ kind: "answered", failed: [], strayed: 0 });
    expect(sdk).not.toHaveBeenCalled();
  });

  it.each(cases)("to a request in %s, with content-type %j, of partial success in %s yields the failed entries", async (requested, type, format) => {
    await serve(requested, 200, type, written(format, { FailedRecordCount: 1, Records: [taken, { ErrorCode: "InternalFailure", ErrorMessage: "broken" }] }));
    const failed = [{ index: 1, code: "InternalFailure", message: "broken" }];
    expect(await client.putRecords(...tableOf(entries))).toEqual({ kind: "answered", failed, strayed: 0 });
  });

  it.each(cases)("to a request in %s, with content-type %j, with a refusal in %s yields the service's reason", async (requested, type, format) => {
    await serve(requested, 400, type, written(format, { __type: "ResourceNotFoundException", message: "no such stream" }));
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ code: "ResourceNotFoundException", message: "no such stream" });
  });

  it.each([undefined, "text/plain"])("in JSON to a request in CBOR is read with content-type %j", async (type) => {
    await serve("cbor", 200, type, JSON.stringify({ FailedRecordCount: 1, Records: [taken, { ErrorCode: "InternalFailure" }] }));
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ kind: "answered", failed: [{ index: 1, code: "InternalFailure" }] });
  });

  it.each(["json", "cbor"] as const)("of plain text from a proxy to a request in %s is reported by its status", async (requested) => {
    // In CBOR, "u" begins a text of 21 bytes, " " is the number -1.
    for (const text of ["upstream connect error", " busy", "<html>busy</html>"]) {
      await serve(requested, 503, "text/plain", text);
      expect(await client.putRecords(...tableOf(entries))).toMatchObject({ code: "HTTP 503", cause: "transient" });
    }
  });

  it("in CBOR with the content-type of JSON is a transient failure", async () => {
    await serve("cbor", 200, "application/json", written("cbor", { FailedRecordCount: 0, Records: [taken, taken] }));
    expect(await client.putRecords(...tableOf(entries))).toMatchObject({ code: "InvalidResponse", cause: "transient" });
  });
});
