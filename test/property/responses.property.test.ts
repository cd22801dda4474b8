// Property: for any response bytes, in any pieces, each request ends with an outcome and a message of the plugin.
import { gzipSync } from "node:zlib";
import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { CredentialSettings } from "../support/credential_settings.js";
import { entryOf, tableOf } from "../support/entry.js";
import { bodiesFor } from "../support/request_bodies.js";
import { ByteServer, type ByteResponse } from "../support/byte_server.js";
import { sdkClientOf, stubSdkEnvironment } from "../support/sdk_client.js";
import { expectCredentialsOrReason, expectCleanFailure, within } from "../support/bounded_outcome.js";

const runs = Number(process.env["KINESIS_TEST_ANSWERS"] ?? "150");
const names = [
  ..."Records,FailedRecordCount,SequenceNumber,ShardId,ErrorCode,ErrorMessage,__type,message,Message,code,Code,Error,Errors,Type".split(","),
  ..."Shards,NextToken,HashKeyRange,StartingHashKey,EndingHashKey,SequenceNumberRange,EndingSequenceNumber".split(","),
  ..."AccessKeyId,SecretAccessKey,Token,SessionToken,Expiration,roleCredentials,accessKeyId,expiration,Credentials,constructor,$metadata".split(","),
  ..."AssumeRoleResponse,AssumeRoleResult,ErrorResponse,AssumedRoleUser,Arn".split(","),
];
const name = fc.constantFrom(...names);
const text = fc.constantFrom("", "x", "shardId-0", "340282366920938463463374607431768211455", "-5", "2099-01-01T00:00:00Z", "ValidationException", "Throttling", "a#b:c", "\u0000\ud800", "\n");
const leaf = fc.oneof(text, fc.constantFrom(null, true, 0, -1, 2 ** 53, 1e300, 0.5), fc.string({ maxLength: 5 }));

/** Values whose members often have names that the services use. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
  ),
}));

/** Valid responses, with one member of a wrong value. */
const taken = { SequenceNumber: "1", ShardId: "shardId-0" };
const shard = { ShardId: "shardId-0", HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" }, SequenceNumberRange: { StartingSequenceNumber: "1" } };
const keys = { AccessKeyId: "AKID", SecretAccessKey: "s", Token: "t", Expiration: "2099-01-01T00:00:00Z" };
const almost = fc.tuple(fc.constantFrom<object>({ FailedRecordCount: 0, Records: [taken, taken] }, { Shards: [shard] }, keys, { __type: "Throttling", message: "no" }), name, value)
  .chain(([response, extra, wrong]) => fc.constantFrom<unknown>(response, ...[...Object.keys(response), extra].map((member) => ({ ...response, [member]: wrong }))));

const xml = fc.letrec<{ element: string }>((tie) => ({
  element: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("", "x", "&amp;", "&e;", "<!-- x -->", "<![CDATA[x]]>", "<a", "</a>", "2099-01-01T00:00:00Z"),
    fc.tuple(name, fc.array(tie("element"), { maxLength: 4 })).map(([tag, inside]) => `<${tag}>${inside.join("")}</${tag}>`),
  ),
})).element;

const content = fc.oneof(
  fc.oneof(value, almost).map((response) => Buffer.from(JSON.stringify(response))),
  fc.oneof(value, almost).map((response) => Buffer.from(cbor.serialize(response))),
  xml.map((response) => Buffer.from(response)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom("null", "host-role", "<html>", "[]", '""', "", '{"Shards":{}}', '{"Shards":[null]}', '{"Records":"xx"}', '{"Records":[null,null]}', '{"__type":"X","message":{}}').map((response) => Buffer.from(response)),
);

const header = fc.constantFrom(
  ..."json,cbor".split(",").map((form) => `content-type: application/x-amz-${form}-1.1`),
  "content-type: text/xml", "content-type: ,", "content-encoding: gzip", "content-encoding: br", "content-encoding: zstd", "content-encoding: identity",
  "location: http://[", "location: https://other.example/x", "retry-after: 1", "retry-after: x", "date: x", "connection: close", "connection: keep-alive",
  "x-amzn-errortype: ThrottlingException", "x-amzn-errortype: ,", "x-amzn-query-error: A;B", "x-amzn-requestid: \u00ff", "set-cookie: a", "upgrade: x", "no header",
);
const status = fc.oneof(
  { weight: 5, arbitrary: fc.constant("HTTP/1.1 200 OK") },
  { weight: 3, arbitrary: fc.constantFrom(400, 403, 404, 413, 429, 500, 503).map((code) => `HTTP/1.1 ${code} No`) },
  { weight: 1, arbitrary: fc.constantFrom("HTTP/1.1 301 x", "HTTP/1.1 304 x", "HTTP/1.1 204 x", "HTTP/1.1 101 x", "HTTP/1.1 100 x", "HTTP/1.1 103 x", "HTTP/1.0 200", "HTTP/1.1 999 x", "HTTP/1.1 20", "HTTP/9.9 200 OK", "SSH-2.0", "") },
);
type Framing = "length" | "too long" | "too short" | "none" | "chunked" | "chunked wrong";
const framing = fc.constantFrom<Framing>("length", "length", "length", "chunked", "none", "too long", "too short", "chunked wrong");

function framed(body: Buffer, how: Framing): [string, Buffer] {
  const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")]);
  switch (how) {
    case "chunked":
      return ["transfer-encoding: chunked\r\n", Buffer.concat([...(body.length === 0 ? [] : [chunk]), Buffer.from("0\r\n\r\n")])];
    case "chunked wrong":
      return ["transfer-encoding: chunked\r\n", Buffer.concat([chunk, Buffer.from("zz\r\n")])];
    case "none":
      return ["", body];
    default:
      return [`content-length: ${body.length + (how === "too long" ? 3 : how === "too short" ? -Math.min(3, body.length) : 0)}\r\n`, body];
  }
}

/** A whole response, with at most one byte changed. */
const said: fc.Arbitrary<ByteResponse> = fc
  .record({ status, headers: fc.array(header, { maxLength: 3 }), body: content, how: framing, cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }), damage: fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 8 }), isReset: fc.boolean() })
  .map(({ status: line, headers, body, how, cuts, damage, isReset }) => {
    const sent = headers.includes("content-encoding: gzip") && body.length % 2 === 0 ? gzipSync(body) : body;
    const [frame, framedBody] = framed(sent, how);
    const bytes = Buffer.concat([Buffer.from(`${line}\r\n${headers.map((one) => `${one}\r\n`).join("")}${frame}\r\n`, "latin1"), framedBody]);
    if (damage !== null) bytes[damage[0] % bytes.length] = damage[1];
    return { bytes, cuts, isReset };
  });

let server: ByteServer;
let settings: CredentialSettings;
beforeAll(async () => {
  server = await ByteServer.start();
  settings = new CredentialSettings();
});
beforeEach(() => {
  for (const variable of ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"]) vi.stubEnv(variable, undefined);
  stubSdkEnvironment();
});
afterAll(() => {
  server.stop();
  settings.remove();
});

test.each(["json", "cbor"] as const)("PutRecords in %s and ListShards end with an outcome", { timeout: 60_000 }, async (format) => {
  const client = sdkClientOf(server.endpoint, "logs", bodiesFor("logs", format));
  const entries = [entryOf({ data: Buffer.from("x"), partitionKey: "k" }), entryOf({ data: Buffer.from("y"), partitionKey: "k", shardId: "shardId-0" })];
  await fc.assert(
    fc.asyncProperty(said, async (response) => {
      server.willSend(response);
      const outcome = await within(client.putRecords(...tableOf(entries)));
      if (outcome.kind === "failed") expectCleanFailure(outcome.code, outcome.message);
      else for (const { code, message } of outcome.failed) expectCleanFailure(code, message);
      const listed = await within(client.listShards());
      if (listed.kind === "failed") expectCleanFailure(listed.code, listed.message);
      else expect(listed.nextToken === undefined || typeof listed.nextToken === "string").toBe(true);
    }),
    { numRuns: runs },
  );
  client.close();
});

const role = "arn:aws:iam::123456789012:role/logs";
const sources: readonly [string, () => Parameters<CredentialSettings["credentials"]>[0]][] = [
  ["the Security Token Service", () => ({ roleArn: role, stsEndpoint: server.endpoint })],
  [
    "a container's endpoint",
    () => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.endpoint);
      return {};
    },
  ],
  [
    "EC2 instance metadata",
    () => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
      vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
      vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.endpoint);
      return {};
    },
  ],
];

test.each(sources)("%s yields credentials or a reason", { timeout: 60_000 }, async (_, set) => {
  const options = set();
  // The pauses between attempts are not tested here.
  const after = globalThis.setTimeout;
  const sooner = (callback: () => void, delayMs?: number) => after(callback, delayMs === 200 || delayMs === 400 ? 0 : delayMs);
  vi.stubGlobal("setTimeout", sooner);
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 3 }), async (responses) => {
      server.willSend(...responses);
      const provider = settings.credentials(options);
      await expectCredentialsOrReason(provider.provide());
      provider.close();
    }),
    { numRuns: runs },
  );
  vi.unstubAllGlobals();
});
