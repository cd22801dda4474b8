// Tests the time limits of PutRecords: for the response, for a slow upload, and on each way to the endpoint. Only the test advances timers.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConnectionOptions } from "../../../src/kinesis/connection_options.js";
import { RenewingCredentials } from "../../../src/credentials/renewing_credentials.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import type { PutRecordsOutcome } from "../../../src/delivery/kinesis_client.js";
import { makeCertificate } from "../../support/certificate.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { renewalClock } from "../../support/renewal_clock.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { ScriptedProxy } from "../../support/scripted_proxy.js";

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };
const unset = { requestTimeoutMs: 0, responseTimeoutMs: 10_000 };
const silence = {
  kind: "failed",
  code: "RequestTimeout",
  message: "no response within http_request_timeout (10 s, its default)",
  cause: "transient",
};
const folder = mkdtempSync(path.join(tmpdir(), "time-limits-"));
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
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const { setTimeout: realTimeout } = globalThis;

/** Waits for a condition in real time, while fake timers stand still. */
async function until(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error("the condition was not met within 20 s");
    await new Promise((resolve) => realTimeout(resolve, 1));
  }
}

/** Gives connections time to make progress. @param forMs real milliseconds */
async function settled(forMs = 50): Promise<void> {
  const endMs = performance.now() + forMs;
  await until(() => performance.now() > endMs);
}

/** An endpoint whose reads and responses the test controls. */
class SlowEndpoint {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  read = 0;
  #end = "";

  constructor(isSecure: boolean) {
    const take = (socket: Socket) => void this.#sockets.push(socket.on("error", () => undefined).pause());
    this.#server = isSecure ? createTlsServer(tls, take) : createPlainServer(take);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    stops.push(() => {
      for (const socket of this.#sockets) socket.destroy();
      this.#server.close();
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.length;
  }

  /** Whether a whole request has arrived. */
  get hasAll(): boolean {
    return this.#end.endsWith('"StreamName":"logs"}');
  }

  /** Reads about this many more bytes, or to the end of the request. */
  async take(bytes: number): Promise<void> {
    const goal = this.read + bytes;
    await until(() => {
      for (const socket of this.#sockets) {
        const part: unknown = socket.read();
        if (!Buffer.isBuffer(part)) continue;
        this.read += part.length;
        this.#end = (this.#end + part.toString("latin1", Math.max(0, part.length - 100))).slice(-100);
      }
      return this.hasAll || this.read >= goal;
    });
    // On a busy machine the sender notices reads of megabytes through TLS within TLS with a delay.
    await settled(Number.isFinite(bytes) ? 300 : undefined);
  }

  /** Writes a text in response to the latest request. */
  respond(text: string): void {
    this.#end = "";
    this.#sockets.at(-1)?.write(text);
  }
}

const responseBody = JSON.stringify({ FailedRecordCount: 0, Records: [{ SequenceNumber: "1", ShardId: "s" }] });
const response = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${responseBody.length}\r\n\r\n${responseBody}`;
const everything = Number.POSITIVE_INFINITY;

type Way = "directly" | "directly over TLS" | "through a proxy" | "through a tunnel with TLS" | "through a tunnel of a TLS proxy";
const ways: readonly Way[] = ["directly", "directly over TLS", "through a proxy", "through a tunnel with TLS", "through a tunnel of a TLS proxy"];

/** Returns an endpoint and a client that reaches it in this way. */
async function reach(way: Way, limits: Partial<ConnectionOptions> = unset) {
  const isSecure = way.includes("TLS");
  const endpoint = new SlowEndpoint(isSecure);
  await endpoint.start();
  const environment: Record<string, string> = isSecure ? { AWS_CA_BUNDLE: trusted } : {};
  let url = `${isSecure ? "https://localhost" : "http://127.0.0.1"}:${endpoint.port}`;
  if (way.startsWith("through")) {
    const proxy = await ScriptedProxy.start({ target: { port: endpoint.port }, ...(way.includes("TLS proxy") ? { tls } : {}) });
    stops.push(() => proxy.stop());
    environment[isSecure ? "HTTPS_PROXY" : "HTTP_PROXY"] = way.includes("TLS proxy") ? `https://localhost:${proxy.port}` : proxy.address;
    url = `${isSecure ? "https" : "http"}://kinesis.example`;
  }
  return { endpoint, ...(await clientOf(url, environment, limits)) };
}

async function clientOf(url: string, environment: Record<string, string>, limits: Partial<ConnectionOptions> = unset) {
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined, requestTimeoutMs: 0 };
  const credentials = new RenewingCredentials(() => Promise.resolve(keys), { log: new RecordedLog(), ...renewalClock });
  const connection = { region: "us-west-2", stream: "logs", endpoint: url, ...none, ...limits };
  const network = await readNetworkEnvironment(environment);
  const client = createKinesisClient(connection, credentials, "1", bodiesFor("logs"), network);
  stops.push(() => client.close());
  const send = (bytes = 1) => {
    const seen: { outcome: PutRecordsOutcome | "none yet" } = { outcome: "none yet" };
    void client.putRecords(...tableOf([entryOf({ data: Buffer.alloc(bytes, "x"), partitionKey: "k" })])).then((outcome) => (seen.outcome = outcome));
    return seen;
  };
  return { client, send };
}

describe.each(ways)("an endpoint that is reached %s", (way) => {
  it.each([9999, 10_000, 10_001])("and is silent has 10 s to respond after the request was sent: after %i ms", async (afterMs) => {
    const { endpoint, send } = await reach(way);
    const seen = send();
    await endpoint.take(everything);
    await vi.advanceTimersByTimeAsync(afterMs);
    expect(seen.outcome).toEqual(afterMs < 10_000 ? "none yet" : silence);
  });

  it("has the full time limit for each request over the same connection", async () => {
    const { endpoint, send } = await reach(way);
    for (let count = 0; count < 3; count++) {
      const seen = send();
      await endpoint.take(everything);
      await vi.advanceTimersByTimeAsync(9999);
      endpoint.respond(response);
      await until(() => seen.outcome !== "none yet");
      expect(seen.outcome).toEqual({ kind: "answered", failed: [], strayed: 0 });
    }
    expect(endpoint.connections).toBe(1);
    const seen = send();
    await endpoint.take(everything);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.outcome).toEqual(silence);
  });

  it("over a slow uplink has no time limit while the upload makes progress", async () => {
    const { endpoint, send } = await reach(way);
    const seen = send(64 * 1024 * 1024);
    let passedMs = 0;
    while (!endpoint.hasAll) {
      // More than the kernel's buffers on the way hold: they report progress in large steps.
      await endpoint.take(24 * 1024 * 1024);
      await vi.advanceTimersByTimeAsync(9999);
      passedMs += 9999;
      expect(seen.outcome).toBe("none yet");
    }
    expect(passedMs).toBeGreaterThan(30_000);
    endpoint.respond(response);
    await until(() => seen.outcome !== "none yet");
    expect(seen.outcome).toMatchObject({ kind: "answered", failed: [] });
  });

  it("and stops reading an unfinished request has 10 s too", async () => {
    const { endpoint, send } = await reach(way);
    const seen = send(48 * 1024 * 1024);
    await endpoint.take(8 * 1024 * 1024);
    await vi.advanceTimersByTimeAsync(9999);
    expect(seen.outcome).toBe("none yet");
    expect(endpoint.hasAll).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.outcome).toEqual(silence);
  });

  it("and responds byte by byte has 10 s for the whole response", async () => {
    const { endpoint, send } = await reach(way);
    const seen = send();
    await endpoint.take(everything);
    for (const character of response.slice(0, 9)) {
      endpoint.respond(character);
      await settled();
      await vi.advanceTimersByTimeAsync(1000);
    }
    await vi.advanceTimersByTimeAsync(999);
    expect(seen.outcome).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.outcome).toEqual(silence);
  });

  it.each([1999, 2000])("has 2 s for a whole attempt with http_request_timeout 2, despite progress: after %i ms", async (afterMs) => {
    const { endpoint, send } = await reach(way, { requestTimeoutMs: 2000, responseTimeoutMs: 0 });
    const seen = send(48 * 1024 * 1024);
    await endpoint.take(8 * 1024 * 1024);
    await vi.advanceTimersByTimeAsync(1000);
    await endpoint.take(8 * 1024 * 1024);
    await vi.advanceTimersByTimeAsync(afterMs - 1000);
    const message = "no response within http_request_timeout (2 s)";
    expect(seen.outcome).toEqual(afterMs < 2000 ? "none yet" : { ...silence, message });
  });

  it("and has timed out gets the next request over another connection", async () => {
    const { endpoint, send } = await reach(way);
    send();
    await endpoint.take(everything);
    await vi.advanceTimersByTimeAsync(10_000);
    const seen = send();
    await until(() => endpoint.connections === 2);
    await endpoint.take(1);
    endpoint.respond(response);
    await until(() => seen.outcome !== "none yet");
    expect(seen.outcome).toEqual({ kind: "answered", failed: [], strayed: 0 });
  });

  it.each([299_999, 300_000])("has 300 s for a slow but steady response with http_request_timeout 0: after %i ms", async (afterMs) => {
    const { endpoint, send } = await reach(way, { requestTimeoutMs: 0, responseTimeoutMs: 0 });
    const seen = send();
    await endpoint.take(everything);
    endpoint.respond("HTTP/1.1 103 Early Hints\r\n\r\n");
    await vi.advanceTimersByTimeAsync(250_000);
    endpoint.respond("HTTP/1.1 2");
    await settled();
    await vi.advanceTimersByTimeAsync(afterMs - 250_000);
    const message = "no response within the time limit for responses (300 s)";
    expect(seen.outcome).toEqual(afterMs < 300_000 ? "none yet" : { ...silence, message });
  });

  it("costs one timer for each request over a reused connection", async () => {
    const { endpoint, send } = await reach(way);
    const first = send();
    await endpoint.take(everything);
    endpoint.respond(response);
    await until(() => first.outcome !== "none yet");
    const timers = vi.spyOn(globalThis, "setTimeout");
    const seen = send(1024 * 1024);
    await endpoint.take(everything);
    expect(timers).toHaveBeenCalledOnce();
    endpoint.respond(response);
    await until(() => seen.outcome !== "none yet");
    expect(timers).toHaveBeenCalledOnce();
    timers.mockRestore();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a connection that does not open", () => {
  /** Starts an endpoint that accepts connections, but neither reads nor writes. */
  async function mute(): Promise<{ port: number; open: () => number }> {
    const endpoint = new SlowEndpoint(false);
    await endpoint.start();
    return { port: endpoint.port, open: () => endpoint.connections };
  }

  it("because the endpoint does not finish the TLS handshake fails after 5 s", async () => {
    const { port, open } = await mute();
    const { send } = await clientOf(`https://127.0.0.1:${port}`, {});
    const seen = send();
    await until(() => open() === 1);
    await settled();
    await vi.advanceTimersByTimeAsync(4999);
    expect(seen.outcome).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    await until(() => seen.outcome !== "none yet");
    expect(seen.outcome).toEqual({ kind: "failed", code: "TimeoutError", message: "no connection within 5 s", cause: "transient" });
  });

  it.each([
    ["HTTPS_PROXY", "http://", "https"],
    ["HTTPS_PROXY", "https://", "https"],
    ["HTTPS_PROXY", "socks5://", "https"],
    ["HTTP_PROXY", "socks5h://", "http"],
  ])("because the proxy of %s (%s…) is silent fails a request with %s after 5 s, and names the proxy", async (variable, scheme, protocol) => {
    const { port, open } = await mute();
    const { send } = await clientOf(`${protocol}://kinesis.example`, { [variable]: `${scheme}127.0.0.1:${port}` });
    const seen = send();
    await until(() => open() === 1);
    await settled();
    await vi.advanceTimersByTimeAsync(4999);
    expect(seen.outcome).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    await until(() => seen.outcome !== "none yet");
    const message = `the proxy of ${variable} (127.0.0.1:${port}): no connection within 5 s`;
    expect(seen.outcome).toEqual({ kind: "failed", code: "ETIMEDOUT", message, cause: "transient" });
  });

  it("because a proxy is silent fails after http_request_timeout, when that is less than 5 s", async () => {
    const { port, open } = await mute();
    const { send } = await clientOf("https://kinesis.example", { HTTPS_PROXY: `127.0.0.1:${port}` }, { requestTimeoutMs: 2000, responseTimeoutMs: 0 });
    const seen = send();
    await until(() => open() === 1);
    await settled();
    await vi.advanceTimersByTimeAsync(1999);
    expect(seen.outcome).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.outcome).toEqual({ ...silence, message: "no response within http_request_timeout (2 s)" });
  });

  it("because a proxy for plain requests does not finish its TLS handshake fails after 5 s, and names the proxy", async () => {
    const { port, open } = await mute();
    const { send } = await clientOf("http://kinesis.example", { HTTP_PROXY: `https://127.0.0.1:${port}` });
    const seen = send();
    await until(() => open() === 1);
    await settled();
    await vi.advanceTimersByTimeAsync(4999);
    expect(seen.outcome).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    await until(() => seen.outcome !== "none yet");
    const message = `the proxy of HTTP_PROXY (127.0.0.1:${port}): no connection within 5 s`;
    expect(seen.outcome).toEqual({ kind: "failed", code: "ETIMEDOUT", message, cause: "transient" });
  });

  it("because the endpoint behind a tunnel does not finish its TLS handshake fails after 5 s", async () => {
    const { port, open } = await mute();
    const proxy = await ScriptedProxy.start({ target: { port } });
    stops.push(() => proxy.stop());
    const { send } = await clientOf("https://kinesis.example", { HTTPS_PROXY: proxy.address });
    const seen = send();
    await until(() => open() === 1);
    await settled();
    await vi.advanceTimersByTimeAsync(4999);
    expect(seen.outcome).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    await until(() => seen.outcome !== "none yet");
    const message = `the proxy of HTTPS_PROXY (${proxy.address}): no connection within 5 s`;
    expect(seen.outcome).toEqual({ kind: "failed", code: "ETIMEDOUT", message, cause: "transient" });
  });
});

it.each([9999, 10_000])("a ListShards request without a response has 10 s: after %i ms", async (afterMs) => {
  const endpoint = new SlowEndpoint(false);
  await endpoint.start();
  const { client } = await clientOf(`http://127.0.0.1:${endpoint.port}`, {});
  let outcome: unknown = "none yet";
  void client.listShards().then((listed) => (outcome = listed));
  await until(() => endpoint.connections === 1);
  await settled();
  await vi.advanceTimersByTimeAsync(afterMs);
  const message = "no response within the time for a list of shards (10 s)";
  expect(outcome).toEqual(afterMs < 10_000 ? "none yet" : { ...silence, message });
});

it("an attempt that timed out while waiting for credentials opens no connection when they arrive", async () => {
  const endpoint = new SlowEndpoint(false);
  await endpoint.start();
  let provide: (credentials: typeof keys) => void = () => undefined;
  const credentials = new RenewingCredentials(() => new Promise((resolve) => (provide = resolve)), { log: new RecordedLog(), ...renewalClock });
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const connection = { region: "us-west-2", stream: "logs", endpoint: `http://127.0.0.1:${endpoint.port}`, requestTimeoutMs: 2000, ...none };
  const client = createKinesisClient(connection, credentials, "1", bodiesFor("logs"));
  stops.push(() => client.close());
  const outcome = client.putRecords(...tableOf([entryOf({ data: Buffer.from("x"), partitionKey: "k" })]));
  await vi.advanceTimersByTimeAsync(2000);
  expect(await outcome).toMatchObject({ code: "CredentialsTimeout" });
  provide(keys);
  await settled();
  await settled();
  expect(endpoint.connections).toBe(0);
});
