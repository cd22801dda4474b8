// Tests that the outcome of PutRecords has the wait that an endpoint or a proxy sets, directly and through a proxy.
import { cbor } from "@smithy/core/cbor";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { directNetwork, readNetworkEnvironment, type NetworkEnvironment } from "../../../src/network/network.js";
import { RenewingCredentials } from "../../../src/credentials/renewing_credentials.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import type { RequestFormat } from "../../../src/kinesis/request_format.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { renewalClock } from "../../support/renewal_clock.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { ScriptedProxy } from "../../support/scripted_proxy.js";
import { ScriptedService } from "../../support/scripted_service.js";

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };
const stops: (() => void | Promise<void>)[] = [];

beforeEach(() => {
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  vi.unstubAllEnvs();
});

function sendTo(endpoint: string, format: RequestFormat, network: NetworkEnvironment = directNetwork) {
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined, requestTimeoutMs: 0 };
  const credentials = new RenewingCredentials(() => Promise.resolve(keys), { log: new RecordedLog(), ...renewalClock });
  const client = createKinesisClient({ region: "us-west-2", stream: "logs", endpoint, ...none }, credentials, "1", bodiesFor("logs", format), network);
  stops.push(() => client.close());
  return client.putRecords(...tableOf([entryOf({ data: Buffer.from("x"), partitionKey: "k" })]));
}

type Way = "directly" | "through a proxy";

/** Returns the outcome of a request in this format to a service with this response. */
async function outcomeOf(way: Way, format: RequestFormat, status: number, body: object | string, headers: Readonly<Record<string, string>>) {
  const isCbor = typeof body === "object" && format === "cbor";
  const content = isCbor ? cbor.serialize(body) : typeof body === "object" ? JSON.stringify(body) : body;
  const type = { "content-type": typeof body === "object" ? `application/x-amz-${format}-1.1` : "text/html" };
  const service = await ScriptedService.start(() => ({ status, body: content, headers: { ...type, ...headers } }));
  stops.push(() => service.stop());
  if (way === "directly") return sendTo(service.endpoint, format);
  const proxy = await ScriptedProxy.start({ target: { port: Number(new URL(service.endpoint).port) } });
  stops.push(() => proxy.stop());
  return sendTo("http://kinesis.example", format, await readNetworkEnvironment({ HTTP_PROXY: proxy.address }));
}

const ways: readonly Way[] = ["directly", "through a proxy"];
const formats: readonly RequestFormat[] = ["json", "cbor"];
const throttled = { __type: "ProvisionedThroughputExceededException", message: "slow down" };
const refusals: readonly [number, object | string][] = [
  [400, throttled],
  [429, { __type: "ThrottlingException", message: "slow down" }],
  [500, { __type: "InternalFailure", message: "broken" }],
  [503, { __type: "ServiceUnavailable", message: "busy" }],
  [429, ""],
  [502, "<html>Bad Gateway</html>"],
  [503, "<html>Service Unavailable</html>"],
  [503, ""],
];

describe.each(ways)("a request sent %s", (way) => {
  it.each(formats.flatMap((format) => refusals.map(([status, body]) => [format, status, body] as const)))(
    "in %s yields Retry-After in its failure: status %i, body %j",
    async (format, status, body) => {
      const outcome = await outcomeOf(way, format, status, body, { "retry-after": "2" });
      expect(outcome).toMatchObject({ kind: "failed", cause: "transient", retryAfterMs: 2000 });
    },
  );

  it.each(formats)("in %s counts a time in Retry-After from the Date of the response", async (format) => {
    const headers = { "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT", date: "Fri, 31 Dec 1999 23:59:50 GMT" };
    expect(await outcomeOf(way, format, 503, throttled, headers)).toMatchObject({ kind: "failed", retryAfterMs: 9000 });
  });

  it.each(formats)("in %s yields x-amz-retry-after in its failure", async (format) => {
    const outcome = await outcomeOf(way, format, 400, throttled, { "x-amz-retry-after": "150" });
    expect(outcome).toMatchObject({ kind: "failed", code: throttled.__type, retryAfterMs: 150 });
  });

  it("ignores an invalid Retry-After", async () => {
    expect(await outcomeOf(way, "json", 503, throttled, { "retry-after": "-5" })).not.toHaveProperty("retryAfterMs");
  });
});

it.each([429, 503])("a proxy that refuses a tunnel with status %i may set Retry-After", async (status) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end(`HTTP/1.1 ${status} Busy\r\nRetry-After: 3\r\ncontent-length: 0\r\n\r\n`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => void server.close());
  const network = await readNetworkEnvironment({ HTTPS_PROXY: `127.0.0.1:${(server.address() as AddressInfo).port}` });
  expect(await sendTo("https://kinesis.example", "json", network)).toMatchObject({ code: "EPROXY", cause: "transient", retryAfterMs: 3000 });
});
