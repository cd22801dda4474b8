// Tests the memory of a request's body: when it is written, and that it is reused only when nothing reads it any more.
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { RenewingCredentials, type Credentials } from "../../../src/credentials/renewing_credentials.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import type { PutRecordsClient } from "../../../src/delivery/kinesis_client.js";
import type { RequestBodies } from "../../../src/kinesis/request_bodies.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { renewalClock } from "../../support/renewal_clock.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { ScriptedService } from "../../support/scripted_service.js";

const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };
const responseBody = JSON.stringify({ FailedRecordCount: 0, Records: [{ SequenceNumber: "1", ShardId: "s" }] });

function clientOf(endpoint: string, bodies: RequestBodies, fetch: () => Promise<Credentials> = () => Promise.resolve(keys)): PutRecordsClient {
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined, requestTimeoutMs: 0 };
  const credentials = new RenewingCredentials(fetch, { log: new RecordedLog(), ...renewalClock });
  const client = createKinesisClient({ region: "us-west-2", stream: "logs", endpoint, ...none }, credentials, "1", bodies);
  stops.push(() => client.close());
  return client;
}

it("records are copied into the body before the first await, so that their memory can be reused after the attempt", async () => {
  const service = await ScriptedService.startTaking();
  stops.push(() => service.stop());
  let provide: (credentials: Credentials) => void = () => undefined;
  const client = clientOf(service.endpoint, bodiesFor("logs"), () => new Promise((resolve) => (provide = resolve)));
  const data = Buffer.from("mine");
  const outcome = client.putRecords(...tableOf([entryOf({ data, partitionKey: "k" })]));
  data.write("else");
  provide(keys);
  expect(await outcome).toMatchObject({ kind: "answered", failed: [] });
  expect(JSON.parse(service.requests[0]?.body ?? "")).toMatchObject({ Records: [{ Data: Buffer.from("mine").toString("base64") }] });
});

it.each([400, 413, 429, 500])("the memory of a request with response status %i is reused", async (status) => {
  const statuses = [200, status, 200];
  const service = await ScriptedService.start((_, index) => ({ status: statuses[index] ?? 200, body: responseBody }));
  stops.push(() => service.stop());
  const bodies = bodiesFor("logs");
  const write = vi.spyOn(bodies, "write");
  const client = clientOf(service.endpoint, bodies);
  while (service.requests.length < statuses.length) await client.putRecords(...tableOf([entryOf({ data: Buffer.from("x"), partitionKey: "k" })]));
  const [first, failed, third] = write.mock.results.map(({ value }) => (value as { sink: unknown }).sink);
  expect(failed).toBe(first);
  expect(third).toBe(first);
});

it("the memory of a request without a response is not reused", async () => {
  const service = await ScriptedService.start((_, index) => (index === 0 ? "hang up" : { body: responseBody }));
  stops.push(() => service.stop());
  const bodies = bodiesFor("logs");
  const write = vi.spyOn(bodies, "write");
  const client = clientOf(service.endpoint, bodies);
  while (service.requests.length < 2) await client.putRecords(...tableOf([entryOf({ data: Buffer.from("x"), partitionKey: "k" })]));
  const [first, second] = write.mock.results.map(({ value }) => (value as { sink: unknown }).sink);
  expect(second).not.toBe(first);
});

it("a request that is refused before it was read keeps its memory until it is sent", async () => {
  const bytes = 10 * 1024 * 1024;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    socket.once("data", () => {
      if (sockets.length > 1) return;
      socket.pause();
      const refusal = JSON.stringify({ __type: "InternalFailure" });
      socket.write(`HTTP/1.1 500 Early\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: ${refusal.length}\r\n\r\n${refusal}`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodiesFor("logs"));
  const send = (letter: string) => client.putRecords(...tableOf([entryOf({ data: Buffer.alloc(bytes, letter), partitionKey: "k" })]));
  expect(await send("a")).toMatchObject({ kind: "failed", code: "InternalFailure" });
  void send("b");
  await vi.waitFor(() => expect(sockets).toHaveLength(2));
  const [first] = sockets as [Socket];
  const parts: Buffer[] = [];
  let end = "";
  const whole = new Promise<void>((resolve) => {
    first.on("data", (part: Buffer) => {
      parts.push(part);
      end = (end + part.toString("latin1", Math.max(0, part.length - 100))).slice(-100);
      if (end.endsWith('"StreamName":"logs"}')) resolve();
    });
  });
  first.resume();
  await whole;
  const body = Buffer.concat(parts);
  expect(body.length).toBeGreaterThan(bytes);
  // "aaa" is "YWFh", "bbb" is "YmJi".
  expect(body.includes("YmJi")).toBe(false);
});
