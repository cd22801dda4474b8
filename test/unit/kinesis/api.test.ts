// Tests PutRecords over HTTP against a local service: the requests, and the outcome of each kind of response.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConnectionOptions } from "../../../src/kinesis/connection_options.js";
import type { EntryView } from "../../../src/pack/entry_table.js";
import { CredentialSources } from "../../../src/credentials/credentials.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import { directNetwork, readNetworkEnvironment, type NetworkEnvironment } from "../../../src/network/network.js";
import type { PutRecordsClient } from "../../../src/delivery/kinesis_client.js";
import { makeCertificate } from "../../support/certificate.js";
import { freePort } from "../../support/kinesis_local.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { renewalClock } from "../../support/renewal_clock.js";
import { ScriptedProxy, type ProxySettings } from "../../support/scripted_proxy.js";
import { ScriptedService, type Answering, type ServedRequest, type ServiceSettings } from "../../support/scripted_service.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";

const stops: (() => void | Promise<void>)[] = [];

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  vi.unstubAllEnvs();
});

function clientOf(
  endpoint: string,
  options: Partial<ConnectionOptions> = {},
  network: NetworkEnvironment = directNetwork,
  bodies = bodiesFor(options.stream ?? "logs"),
): PutRecordsClient {
  const roles = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const connection = { region: "us-west-2", stream: "logs", endpoint, requestTimeoutMs: 0, ...roles, ...options };
  const surroundings = { log: new RecordedLog(), network: directNetwork };
  const credentials = new CredentialSources(renewalClock).open({ ...connection, eksPodExecutionRole: undefined }, surroundings);
  const client = createKinesisClient(connection, credentials, "1.2.3", bodies, network);
  stops.push(() => client.close());
  return client;
}

async function serve(respond: Answering, settings?: ServiceSettings): Promise<ScriptedService> {
  const service = await ScriptedService.start(respond, settings);
  stops.push(() => service.stop());
  return service;
}

/** Returns a service that sends this response to every request, and a client of the service. */
async function serving(status: number, body: object | string, options?: Partial<ConnectionOptions>) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const service = await serve(() => ({ status, body: text, headers: { "content-type": "application/x-amz-json-1.1" } }));
  return { service, client: clientOf(service.endpoint, options) };
}

function entries(...texts: string[]): EntryView[] {
  return texts.map((text, index) => entryOf({ data: Buffer.from(text), partitionKey: `key ${index}` }));
}

const taken = { ShardId: "shardId-0", SequenceNumber: "1" };
const success = { FailedRecordCount: 0, Records: [taken] };

describe("a PutRecords request", () => {
  it("names the operation and the stream, and carries base64 data and partition keys", async () => {
    const { service, client } = await serving(200, { FailedRecordCount: 0, Records: [taken, taken] });
    await client.putRecords(...tableOf(entries("one", "zwölf")));
    expect(service.requests[0]?.headers["x-amz-target"]).toBe("Kinesis_20131202.PutRecords");
    expect(JSON.parse(service.requests[0]?.body ?? "")).toEqual({
      StreamName: "logs",
      Records: [
        { Data: Buffer.from("one").toString("base64"), PartitionKey: "key 0" },
        { Data: Buffer.from("zwölf").toString("base64"), PartitionKey: "key 1" },
      ],
    });
  });

  it("names a stream that is configured by ARN as StreamARN", async () => {
    const stream = "arn:aws:kinesis:us-west-2:123456789012:stream/logs";
    const { service, client } = await serving(200, success, { stream });
    expect(await client.putRecords(...tableOf(entries("one")))).toEqual({ kind: "answered", failed: [], strayed: 0 });
    const body = JSON.parse(service.requests[0]?.body ?? "") as object;
    expect(body).toMatchObject({ StreamARN: stream });
    expect(body).not.toHaveProperty("StreamName");
  });

  it("goes to the given stream, or to the output's own without one, over the same connection", async () => {
    const { service, client } = await serving(200, success);
    for (const stream of ["other", undefined, "third"]) await client.putRecords(...tableOf(entries("one")), stream);
    expect(service.requests.map(({ body }) => (JSON.parse(body) as { StreamName: string }).StreamName)).toEqual(["other", "logs", "third"]);
    expect(service.connections).toBe(1);
  });

  it("names another stream by name even when the output's own stream has an ARN", async () => {
    const stream = "arn:aws:kinesis:us-west-2:123456789012:stream/logs";
    const { service, client } = await serving(200, success, { stream });
    for (const name of [undefined, "other", undefined]) await client.putRecords(...tableOf(entries("one")), name);
    const bodies = service.requests.map(({ body }) => JSON.parse(body) as object);
    expect(bodies.map((body) => ("StreamName" in body ? body.StreamName : "an ARN"))).toEqual(["an ARN", "other", "an ARN"]);
  });

  it("is signed for the region with the credentials of the environment", async () => {
    const { service, client } = await serving(200, success);
    await client.putRecords(...tableOf(entries("one")));
    expect(service.requests[0]?.headers.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d+\/us-west-2\/kinesis\//);
  });

  it("has the plugin's name and version in the user agent, in the Go plugin's form", async () => {
    const { service, client } = await serving(200, success);
    await client.putRecords(...tableOf(entries("one")));
    const { headers } = service.requests[0] as ServedRequest;
    const names = "aws-fluent-bit-plugin (linux) fluent-bit-kinesis-node/1.2.3";
    expect(headers["user-agent"]).toBe(`${names} lang/js md/nodejs#${process.versions.node}`);
  });

  it("reuses the connection of the previous request", async () => {
    const { service, client } = await serving(200, success);
    for (let count = 0; count < 5; count++) await client.putRecords(...tableOf(entries("one")));
    expect(service.requests.map(({ connection }) => connection)).toEqual([0, 0, 0, 0, 0]);
    expect(service.connections).toBe(1);
  });

  it("is sent only once: the delivery retries", async () => {
    const { service, client } = await serving(500, { __type: "InternalFailure", message: "broken" });
    await client.putRecords(...tableOf(entries("one")));
    expect(service.requests).toHaveLength(1);
  });
});

describe("a response to PutRecords", () => {
  it("without failures means that all entries were accepted", async () => {
    const { client } = await serving(200, success);
    expect(await client.putRecords(...tableOf(entries("one")))).toEqual({ kind: "answered", failed: [], strayed: 0 });
  });

  it("with failures yields the index, code and message of each failed entry", async () => {
    const failed = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };
    const { client } = await serving(200, { FailedRecordCount: 2, Records: [failed, taken, { ErrorCode: "X" }] });
    expect(await client.putRecords(...tableOf(entries("one", "two", "three")))).toEqual({
      kind: "answered",
      strayed: 0,
      failed: [
        { index: 0, code: "ProvisionedThroughputExceededException", message: "Rate exceeded" },
        { index: 2, code: "X", message: "" },
      ],
    });
  });

  it("with a null sequence number means that the entry failed, even with FailedRecordCount 0", async () => {
    const { client } = await serving(200, { FailedRecordCount: 0, Records: [taken, { SequenceNumber: null, ShardId: null }] });
    const outcome = await client.putRecords(...tableOf(entries("one", "two")));
    expect(outcome).toEqual({ kind: "answered", strayed: 0, failed: [{ index: 1, code: "UnknownError", message: "" }] });
  });

  it("with neither a code nor a sequence number for an entry means that the entry failed", async () => {
    const { client } = await serving(200, { FailedRecordCount: 1, Records: [taken, {}] });
    const outcome = await client.putRecords(...tableOf(entries("one", "two")));
    expect(outcome).toEqual({ kind: "answered", strayed: 0, failed: [{ index: 1, code: "UnknownError", message: "" }] });
  });

  it("with FailedRecordCount 0 but an error code means that the entry failed", async () => {
    const { client } = await serving(200, { FailedRecordCount: 0, Records: [taken, { ErrorCode: "X", ErrorMessage: "y" }] });
    const outcome = await client.putRecords(...tableOf(entries("one", "two")));
    expect(outcome).toEqual({ kind: "answered", strayed: 0, failed: [{ index: 1, code: "X", message: "y" }] });
  });

  it("with null for error code and message means that the entry was accepted", async () => {
    const spelledOut = { ...taken, ErrorCode: null, ErrorMessage: null };
    const { client } = await serving(200, { FailedRecordCount: 0, EncryptionType: null, Records: [spelledOut] });
    expect(await client.putRecords(...tableOf(entries("one")))).toEqual({ kind: "answered", failed: [], strayed: 0 });
  });

  it("counts only entries that another shard than the expected one accepted as strayed", async () => {
    const results = [
      { ShardId: "shardId-0", SequenceNumber: "1" },
      { ShardId: "shardId-1", SequenceNumber: "2" },
      { ErrorCode: "InternalFailure" },
      { ShardId: "shardId-1", SequenceNumber: "3" },
      { ShardId: "shardId-2", SequenceNumber: "4" },
    ];
    const { client } = await serving(200, { FailedRecordCount: 1, Records: results });
    const sent = entries("one", "two", "three", "four", "five");
    const expected = ["shardId-0", "shardId-0", "shardId-0", undefined, "shardId-1"];
    const outcome = await client.putRecords(...tableOf(sent.map(({ data, partitionKey }, index) => entryOf({ data, partitionKey, shardId: expected[index] }))));
    expect(outcome).toMatchObject({ strayed: 2, failed: [{ index: 2 }] });
  });

  it.each([
    ["with too few results", { FailedRecordCount: 1, Records: [taken] }, "1 of 2"],
    ["with too many results", { FailedRecordCount: 1, Records: [taken, taken, {}] }, "3 of 2"],
    ["with too few results, all successful,", { FailedRecordCount: 0, Records: [taken] }, "1 of 2"],
    ["with too many results, all successful,", { FailedRecordCount: 0, Records: [taken, taken, taken] }, "3 of 2"],
    ["with only FailedRecordCount", { FailedRecordCount: 0 }, "0 of 2"],
    ["without members", {}, "0 of 2"],
  ])("%s fails the request", async (_, body, numbers) => {
    const { client } = await serving(200, body);
    const outcome = await client.putRecords(...tableOf(entries("one", "two")));
    expect(outcome).toMatchObject({ kind: "failed", code: "InvalidResponse", cause: "transient" });
    expect(outcome).toHaveProperty("message", expect.stringContaining(numbers));
  });

  it.each(["<html>It works!</html>", "", '{"FailedRecordCount":'])("that is not JSON (%j) fails the request", async (body) => {
    const { client } = await serving(200, body);
    expect(await client.putRecords(...tableOf(entries("one")))).toMatchObject({ kind: "failed" });
  });

  it.each([
    [500, "InternalFailure", "transient"],
    [503, "ServiceUnavailable", "transient"],
    [400, "ProvisionedThroughputExceededException", "transient"],
    [400, "LimitExceededException", "transient"],
    [400, "KMSThrottlingException", "transient"],
    [429, "Whatever", "transient"],
    [400, "ResourceNotFoundException", "setup"],
    [400, "AccessDeniedException", "setup"],
    [400, "ValidationException", "content"],
    [400, "UnrecognizedClientException", "setup"],
  ])("with status %i and %s is a failure with the cause %s", async (status, code, cause) => {
    const { client } = await serving(status, { __type: code, message: "because" });
    const outcome = await client.putRecords(...tableOf(entries("one")));
    expect(outcome).toEqual({ kind: "failed", code, message: "because", cause });
  });

  it("with its error in a member named code is not mistaken for a lost connection", async () => {
    const { client } = await serving(400, { code: "ExpiredTokenException", message: "because" });
    const outcome = await client.putRecords(...tableOf(entries("one")));
    expect(outcome).toMatchObject({ code: "ExpiredTokenException", cause: "setup" });
  });
});

describe("the service's time", () => {
  it.each(["refuses", "accepts"])("is learned from a response that %s the request, and signs the next request", async (first) => {
    const aheadMs = 3_600_000;
    const service = await serve((_, index) => {
      const headers = { date: new Date(Date.now() + aheadMs).toUTCString(), "content-type": "application/x-amz-json-1.1" };
      const refusal = { __type: "InvalidSignatureException", message: "Signature expired: it is now earlier than it was" };
      return index === 0 && first === "refuses" ? { status: 400, headers, body: JSON.stringify(refusal) } : { headers, body: JSON.stringify(success) };
    });
    const client = clientOf(service.endpoint);
    const expected = first === "refuses" ? { code: "InvalidSignatureException", cause: "transient" } : { kind: "answered" };
    expect(await client.putRecords(...tableOf(entries("one")))).toMatchObject(expected);
    expect(await client.putRecords(...tableOf(entries("one")))).toMatchObject({ kind: "answered" });
    const [before = 0, after = 0] = service.requests.map(({ headers }) => {
      const time = String(headers["x-amz-date"]).replace(/^(....)(..)(..T..)(..)(..Z)$/u, "$1-$2-$3:$4:$5");
      return Date.parse(time);
    });
    expect((after - before) / aheadMs).toBeCloseTo(1, 1);
  });
});

describe("a PutRecords request without a response", () => {
  it.each(["127.0.0.1", "localhost"])("fails with ECONNREFUSED when %s refuses the connection", async (host) => {
    const outcome = await clientOf(`http://${host}:${await freePort()}`).putRecords(...tableOf(entries("one")));
    expect(outcome).toMatchObject({ kind: "failed", code: "ECONNREFUSED", cause: "transient" });
    expect(outcome).toHaveProperty("message", expect.stringContaining("ECONNREFUSED"));
  });

  it("is a transient failure when the service closes the connection", async () => {
    const service = await serve(() => "hang up");
    const outcome = await clientOf(service.endpoint).putRecords(...tableOf(entries("one")));
    expect(outcome).toMatchObject({ kind: "failed", code: "ECONNRESET", cause: "transient" });
  });

  it("is a transient failure when the response breaks off", async () => {
    const service = await serve(() => ({ body: '{"Failed', headers: { "content-length": "100" } }));
    const outcome = clientOf(service.endpoint).putRecords(...tableOf(entries("one")));
    await vi.waitFor(() => expect(service.requests).toHaveLength(1));
    await service.stop();
    expect(await outcome).toMatchObject({ kind: "failed", code: "ECONNRESET", cause: "transient" });
  });

  it("fails permanently when the client is closed", async () => {
    const service = await serve(() => "silence");
    const client = clientOf(service.endpoint);
    const outcomes = Promise.all([client.putRecords(...tableOf(entries("one"))), client.putRecords(...tableOf(entries("two")))]);
    await vi.waitFor(() => expect(service.requests).toHaveLength(2));
    client.close();
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ kind: "failed", cause: "setup" });
  });

  it("has its idle connection dropped when the client is closed", async () => {
    const server = createServer((request, response) => {
      request.resume();
      response.end(JSON.stringify(success));
    });
    server.keepAliveTimeout = 0;
    const closed = new Promise((resolve) => server.on("connection", (socket) => socket.on("close", resolve)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(() => void server.close());
    const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await client.putRecords(...tableOf(entries("one")))).toMatchObject({ kind: "answered" });
    client.close();
    await closed;
  });

  it("is not sent after the client was closed", async () => {
    const { service, client } = await serving(200, success);
    client.close();
    expect(await client.putRecords(...tableOf(entries("one")))).toMatchObject({ kind: "failed", cause: "setup" });
    expect(service.requests).toEqual([]);
  });

  it("fails permanently for an untrusted certificate", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "certificate-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const { serverFile } = await makeCertificate(folder);
    const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
    const service = await serve(() => ({ body: JSON.stringify(success) }), { tls: server });
    const outcome = await clientOf(service.endpoint).putRecords(...tableOf(entries("one")));
    expect(outcome).toMatchObject({ kind: "failed", code: "DEPTH_ZERO_SELF_SIGNED_CERT", cause: "setup" });
    expect(service.requests).toEqual([]);
  });

  it("fails with CredentialsProviderError when there are no credentials", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    const { service, client } = await serving(200, success);
    const outcome = await client.putRecords(...tableOf(entries("one")));
    expect(outcome).toMatchObject({ kind: "failed", code: "CredentialsProviderError", cause: "setup" });
    expect(service.requests).toEqual([]);
  });
});

describe("a client behind a proxy", () => {
  /** Returns a client of kinesis.example, which is reachable only through this proxy. */
  async function behind(
    service: ScriptedService,
    protocol: "http" | "https",
    settings: ProxySettings = {},
    environment: Readonly<Record<string, string>> = {},
  ) {
    const proxy = await ScriptedProxy.start({ target: { port: Number(new URL(service.endpoint).port) }, ...settings });
    stops.push(() => proxy.stop());
    const network = await readNetworkEnvironment({ [`${protocol}_proxy`]: proxy.address, ...environment });
    return { proxy, client: clientOf(`${protocol}://kinesis.example`, {}, network) };
  }

  it("gets responses to its requests", async () => {
    const service = await serve(() => ({ body: JSON.stringify(success) }));
    const { client, proxy } = await behind(service, "http");
    expect(await client.putRecords(...tableOf(entries("one")))).toMatchObject({ kind: "answered", failed: [] });
    expect(proxy.passedOn).toEqual(["http://kinesis.example/"]);
    expect(service.requests[0]?.headers.host).toBe("kinesis.example");
  });

  it.each(["http", "https"] as const)("sends a request of several parts unchanged (%s)", async (protocol) => {
    const folder = mkdtempSync(path.join(tmpdir(), "certificate-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const { serverFile, certificateFile } = await makeCertificate(folder, "DNS:kinesis.example");
    const { server: tls } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
    const service = await serve(() => ({ body: JSON.stringify(success) }), protocol === "https" ? { tls } : {});
    const { client } = await behind(service, protocol, {}, { AWS_CA_BUNDLE: certificateFile });
    const data = Buffer.alloc(2 * 1024 * 1024);
    for (let at = 0; at < data.length; at += 1021) data[at] = at / 1021;
    for (let count = 0; count < 2; count++) {
      expect(await client.putRecords(...tableOf([entryOf({ data, partitionKey: "k" })]))).toMatchObject({ kind: "answered", failed: [] });
      const { Records: records } = JSON.parse(service.requests[count]?.body ?? "") as { Records: { Data: string }[] };
      expect(records.map(({ Data }) => Buffer.from(Data, "base64").equals(data))).toEqual([true]);
    }
  });

  it.each([
    [407, "ProxyRefused", "setup"],
    [403, "ProxyRefused", "setup"],
    [429, "EPROXY", "transient"],
    [502, "EPROXY", "transient"],
    [503, "EPROXY", "transient"],
  ])("fails for a tunnel refused with status %d: code %s, cause %s", async (refusal, code, cause) => {
    const { client, proxy } = await behind(await serve(() => "silence"), "https", { refusal });
    const outcome = await client.putRecords(...tableOf(entries("one")));
    expect(outcome).toMatchObject({ kind: "failed", code, cause });
    expect(outcome).toHaveProperty("message", expect.stringContaining(`the proxy of https_proxy (${proxy.address}): `));
  });
});
