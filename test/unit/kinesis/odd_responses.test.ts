// Tests invalid HTTP responses to PutRecords and ListShards: other protocols, endless interim responses, and too long lists.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AddressInfo } from "node:net";
import { RenewingCredentials } from "../../../src/credentials/renewing_credentials.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import { makeCertificate } from "../../support/certificate.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { hintWithoutEnd, RawServer, switching } from "../../support/raw_server.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { renewalClock } from "../../support/renewal_clock.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { ScriptedProxy } from "../../support/scripted_proxy.js";
import { ScriptedService } from "../../support/scripted_service.js";

const folder = mkdtempSync(path.join(tmpdir(), "odd-responses-"));
const stops: (() => void | Promise<void>)[] = [];
let tls: { key: string; cert: string };
let trusted: string;

beforeAll(async () => {
  const { certificateFile, serverFile } = await makeCertificate(folder, "DNS:kinesis.example,DNS:localhost");
  tls = (JSON.parse(readFileSync(serverFile, "utf8")) as { server: typeof tls }).server;
  trusted = certificateFile;
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  vi.unstubAllEnvs();
});

async function clientOf(endpoint: string, environment: Record<string, string> = {}) {
  const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };
  const credentials = new RenewingCredentials(() => Promise.resolve(keys), { log: new RecordedLog(), ...renewalClock });
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const connection = { region: "us-west-2", stream: "logs", endpoint, requestTimeoutMs: 0, responseTimeoutMs: 10_000, ...none };
  const client = createKinesisClient(connection, credentials, "1", bodiesFor("logs"), await readNetworkEnvironment(environment));
  stops.push(() => client.close());
  return client;
}

const entry = entryOf({ data: Buffer.from("x"), partitionKey: "k" });

const cases: [string, (socket: Socket) => void, RegExp][] = [
  ["switches protocols", (socket) => void socket.write(switching), /101 Switching Protocols/],
  ["sends endless interim responses", hintWithoutEnd, /more than 8 interim responses/],
];

describe.each(cases)("an endpoint that %s", (_, respond, message) => {
  const failure = { kind: "failed", code: "InvalidResponse", message: expect.stringMatching(message) as string, cause: "transient" };

  async function plain(): Promise<RawServer> {
    const server = await RawServer.start(respond);
    stops.push(() => server.stop());
    return server;
  }

  it("fails PutRecords and ListShards immediately", async () => {
    const client = await clientOf((await plain()).endpoint);
    expect(await client.putRecords(...tableOf([entry]))).toEqual(failure);
    expect(await client.listShards()).toEqual(failure);
  });

  it("fails both through a proxy's tunnel", async () => {
    const server = createTlsServer(tls, (socket) => void socket.on("error", () => undefined).once("data", () => respond(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(() => void server.close());
    const proxy = await ScriptedProxy.start({ target: { port: (server.address() as AddressInfo).port } });
    stops.push(() => proxy.stop());
    const client = await clientOf("https://kinesis.example", { HTTPS_PROXY: proxy.address, AWS_CA_BUNDLE: trusted });
    expect(await client.putRecords(...tableOf([entry]))).toEqual(failure);
    expect(await client.listShards()).toEqual(failure);
  });

  it("fails both when it is a proxy for plain requests", async () => {
    const client = await clientOf("http://kinesis.example", { HTTP_PROXY: `127.0.0.1:${(await plain()).port}` });
    expect(await client.putRecords(...tableOf([entry]))).toEqual(failure);
    expect(await client.listShards()).toEqual(failure);
  });
});

it("an endpoint may send eight interim responses before its final one", async () => {
  const responseBody = JSON.stringify({ FailedRecordCount: 0, Records: [{ SequenceNumber: "1", ShardId: "s" }] });
  const hints = "HTTP/1.1 102 Processing\r\n\r\n".repeat(8);
  const server = await RawServer.start((socket) => void socket.write(`${hints}HTTP/1.1 200 OK\r\ncontent-length: ${responseBody.length}\r\n\r\n${responseBody}`));
  stops.push(() => server.stop());
  expect(await (await clientOf(server.endpoint)).putRecords(...tableOf([entry]))).toMatchObject({ kind: "answered", failed: [] });
});

it.each([4 * 1024 * 1024, 4 * 1024 * 1024 + 1])("a list of shards is read up to 4 MiB: %i bytes", async (bytes) => {
  const list = JSON.stringify({ Shards: [], More: "" });
  const service = await ScriptedService.start(() => ({ body: list.replace('""', `"${"x".repeat(bytes - list.length)}"`) }));
  stops.push(() => service.stop());
  const listed = await (await clientOf(service.endpoint)).listShards();
  if (bytes <= 4 * 1024 * 1024) expect(listed).toMatchObject({ kind: "listed" });
  else expect(listed).toMatchObject({ code: "InvalidResponse", message: "the response has more than 4194304 bytes; is it the address of the service?" });
});
