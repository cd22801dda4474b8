// Tests hostile responses of an endpoint, an STS or a list of shards: its outputs end their flushes in bounded time and
// memory, and another output keeps its pace.
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { peakMebibytes, startedBy } from "../support/core_process.js";
import type { Environment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import type { FrontService } from "../support/front_service.js";
import { InstantKinesis } from "../support/instant_kinesis.js";
import { embedded, inProcess } from "../support/process_host.js";
import { hintWithoutEnd, RawServer, switching } from "../support/raw_server.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const mebibyte = 1024 * 1024;
const json = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n";

/** Sends the same bytes repeatedly, as fast as they are read. */
function withoutEnd(socket: Socket, text: string | Uint8Array): void {
  const say = () => socket.write(text, (error) => (error == null ? setImmediate(say) : undefined));
  say();
}

/** Sends one byte every 200 ms. */
function dripping(socket: Socket, head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write("x"), 200);
  socket.once("close", () => clearInterval(timer));
}

const bomb = gzipSync(Buffer.alloc(64 * mebibyte));

/** The server's responses, sent one after another in a loop. */
const responses: Readonly<Record<string, (socket: Socket) => void>> = {
  "another protocol": (socket) => void socket.write(switching),
  "endless hints": hintWithoutEnd,
  "a head that drips": (socket) => dripping(socket, "HTTP/1.1 200 OK\r\nX-Slow: "),
  "a body that drips": (socket) => dripping(socket, `${json}Content-Length: 100000\r\n\r\n`),
  "an endless body": (socket) => {
    socket.write(`${json}Transfer-Encoding: chunked\r\n\r\n`);
    withoutEnd(socket, `${(64 * 1024).toString(16)}\r\n${" ".repeat(64 * 1024)}\r\n`);
  },
  "endless headers": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    withoutEnd(socket, `X-More: ${"y".repeat(4000)}\r\n`);
  },
  "a compressed body of 64 MiB": (socket) => {
    socket.write(`${json}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
    socket.end(bomb);
  },
  "a web page": (socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"),
  "results of other records": (socket) => void socket.end(`${json}Content-Length: 38\r\n\r\n{"FailedRecordCount":0,"Records":[{}]}`),
  "a redirect to itself": (socket) => void socket.end("HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
  "not HTTP": (socket) => void socket.end("\u0000\u0001\u0002 not HTTP\r\n\r\n"),
  "an immediate end": (socket) => void socket.destroy(),
};
const names = Object.keys(responses);

const streams = useStreams();
let kinesis: InstantKinesis;
const servers: RawServer[] = [];

beforeEach(async () => {
  kinesis = await InstantKinesis.start();
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.stop();
  await kinesis.destroy();
});

async function serve(say: (socket: Socket) => void): Promise<RawServer> {
  const server = await RawServer.start(say);
  servers.push(server);
  return server;
}

/** Starts a server that sends one response after another; returns the names of the sent ones, in order. */
async function serveAll(): Promise<{ server: RawServer; said: string[] }> {
  const said: string[] = [];
  const server = await serve((socket) => {
    const name = names[said.length % names.length] ?? "";
    said.push(name);
    responses[name]?.(socket);
  });
  return { server, said };
}

const flushes = names.length;
/** Each attempt may take a second, and there are two at most. */
const options = { http_request_timeout: "1", retry_timeout: "1", concurrent_requests: "4" };
const maxGrowthMebibytes = 64;

/** A host with one working output, warmed up: the first flush of a process is slow for other reasons. */
async function healthyHost(environment: Environment) {
  const host = await streams.host(environment);
  const healthy = await host.open({ ...streams.options("healthy"), endpoint: kinesis.endpoint });
  await host.flushMany(healthy, chunkOf([{ log: "warm" }]), 4, 50);
  const before = [host.pid, ...startedBy(host.pid).map(({ pid }) => pid)].map((pid) => [pid, peakMebibytes(pid)] as const);
  const delivered = kinesis.received.length;
  return {
    host,
    /** Flushes all outputs concurrently, several times; returns how long it took, and how long the working output took. */
    flushAll: async (count: number) => {
      const beginMs = performance.now();
      let throughMs = Number.POSITIVE_INFINITY;
      const watch = setInterval(() => {
        if (kinesis.received.length >= delivered + count) throughMs = Math.min(throughMs, performance.now() - beginMs);
      }, 20);
      const counts = await host.flushAll(chunkOf([{ log: "a line", pod: "web-1" }]), 1, count);
      clearInterval(watch);
      expect(kinesis.received.length).toBe(delivered + count);
      return { counts, allMs: performance.now() - beginMs, throughMs };
    },
    end: async () => {
      for (const [pid, peak] of before) expect(peakMebibytes(pid) - peak).toBeLessThan(maxGrowthMebibytes);
      const { status, stderr } = await host.end();
      expect(status, stderr).toBe(0);
      expect(stderr).not.toContain("Unexpected error");
    },
  };
}

describe.each([
  { runtime: "embedded", environment: embedded },
  { runtime: "in a separate process", environment: inProcess },
])("$runtime", ({ environment }) => {
  it("each response costs its output only a retry, while another output delivers all records", async () => {
    const { server, said } = await serveAll();
    const { host, flushAll, end } = await healthyHost(environment);
    await host.open({ ...streams.options("hostile"), ...options, endpoint: server.endpoint });
    const { counts, allMs, throughMs } = await flushAll(flushes);
    expect(counts).toEqual({ errors: 0, oks: flushes, retries: flushes });
    expect(new Set(said)).toEqual(new Set(names));
    // The hostile flushes take many seconds together; the other output's flushes wait for none of them.
    expect(throughMs).toBeLessThan(allMs / 2);
    await end();
  });

  it("each response of an STS costs its output only a retry, while another output delivers all records", async () => {
    const { host, flushAll, end } = await healthyHost(environment);
    for (const name of names) {
      const { endpoint } = await serve((socket) => responses[name]?.(socket));
      const role = { role_arn: "arn:aws:iam::123456789012:role/logs", sts_endpoint: endpoint };
      await host.open({ ...streams.options("hostile"), ...options, ...role, endpoint: kinesis.endpoint });
    }
    const { counts, allMs, throughMs } = await flushAll(1);
    expect(counts).toEqual({ errors: 0, oks: 1, retries: names.length });
    expect(throughMs).toBeLessThan(allMs / 2);
    for (const { asked } of servers) expect(asked).toBeGreaterThan(0);
    await end();
  });

  it("each response to ListShards leaves its output's records unchanged, while another output delivers all records", async () => {
    const { host, flushAll, end } = await healthyHost(environment);
    const behind = await streams.instantKinesis();
    const fronts: FrontService[] = [];
    for (const name of names) {
      const front = await streams.frontOf(behind.endpoint);
      front.said.set("ListShards", (socket) => responses[name]?.(socket));
      fronts.push(front);
      await host.open({ ...streams.options("hostile"), aggregation: "true", partition_key: "pod", endpoint: front.endpoint });
    }
    const { counts } = await flushAll(1);
    expect(counts).toEqual({ errors: 0, oks: 1 + names.length, retries: 0 });
    // A connection that ends after a response may lose a request, which is then repeated.
    expect(behind.received.length).toBeGreaterThanOrEqual(names.length);
    for (const front of fronts) {
      expect(front.count("ListShards")).toBeGreaterThan(0);
      expect(front.count("PutRecords")).toBeGreaterThan(0);
    }
    await end();
  });
});
