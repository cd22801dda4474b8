// An endpoint that says whatever it likes: its output gets retry in bounded time and memory, and another one keeps its pace.
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { peakMebibytes, startedBy } from "../support/core_process.js";
import { chunkOf } from "../support/event_chunk.js";
import { InstantKinesis } from "../support/instant_kinesis.js";
import { embedded, inProcess } from "../support/process_host.js";
import { hintWithoutEnd, RawServer, switching } from "../support/raw_server.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const mebibyte = 1024 * 1024;
const json = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n";

/** Says the same again and again, as fast as it is read. */
function withoutEnd(socket: Socket, text: string | Uint8Array): void {
  const say = () => socket.write(text, (error) => (error == null ? setImmediate(say) : undefined));
  say();
}

/** Says one byte, then waits, and so on. */
function dripping(socket: Socket, head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write("x"), 200);
  socket.once("close", () => clearInterval(timer));
}

const bomb = gzipSync(Buffer.alloc(64 * mebibyte));

/** What the server says, one after the other, and again from the first. */
const answers: Readonly<Record<string, (socket: Socket) => void>> = {
  "another protocol": (socket) => void socket.write(switching),
  "hints without end": hintWithoutEnd,
  "a head that drips": (socket) => dripping(socket, "HTTP/1.1 200 OK\r\nX-Slow: "),
  "a body that drips": (socket) => dripping(socket, `${json}Content-Length: 100000\r\n\r\n`),
  "a body without end": (socket) => {
    socket.write(`${json}Transfer-Encoding: chunked\r\n\r\n`);
    withoutEnd(socket, `${(64 * 1024).toString(16)}\r\n${" ".repeat(64 * 1024)}\r\n`);
  },
  "headers without end": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    withoutEnd(socket, `X-More: ${"y".repeat(4000)}\r\n`);
  },
  "a packed body of 64 MiB": (socket) => {
    socket.write(`${json}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
    socket.write(bomb);
  },
  "a web page": (socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"),
  "results of other records": (socket) => void socket.end(`${json}Content-Length: 38\r\n\r\n{"FailedRecordCount":0,"Records":[{}]}`),
  "a redirect to itself": (socket) => void socket.end("HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
  "no HTTP at all": (socket) => void socket.end("\u0000\u0001\u0002 not HTTP\r\n\r\n"),
  "an end at once": (socket) => void socket.destroy(),
};
const names = Object.keys(answers);

const streams = useStreams();
let kinesis: InstantKinesis;
let server: RawServer;
/** The answers that were said, in order. */
let said: string[];

beforeEach(async () => {
  kinesis = await InstantKinesis.start();
  said = [];
  server = await RawServer.start((socket) => {
    const name = names[said.length % names.length] ?? "";
    said.push(name);
    answers[name]?.(socket);
  });
});
afterEach(async () => {
  server.stop();
  await kinesis.destroy();
});

const flushes = names.length;
/** Each attempt may take a second, and is made twice at most. */
const options = { http_request_timeout: "1", retry_timeout: "1", concurrent_requests: "4" };
const mostGrowthMebibytes = 64;

describe.each([
  { runtime: "embedded", environment: embedded },
  { runtime: "in a process of its own", environment: inProcess },
])("$runtime", ({ environment }) => {
  it("each answer costs its output a retry and no more, while another output delivers all", async () => {
    const host = await streams.host(environment);
    const healthy = await host.open({ ...streams.options("healthy"), endpoint: kinesis.endpoint });
    // Warm: what the first flush of a process takes is not the server's doing.
    await host.flushMany(healthy, chunkOf([{ log: "warm" }]), 4, 50);
    const before = [host.pid, ...startedBy(host.pid).map(({ pid }) => pid)].map((pid) => [pid, peakMebibytes(pid)] as const);
    await host.open({ ...streams.options("hostile"), ...options, endpoint: server.endpoint });
    const delivered = kinesis.received.length;
    const begin = performance.now();
    let arrivedMs = Number.POSITIVE_INFINITY;
    const watch = setInterval(() => {
      if (kinesis.received.length >= delivered + flushes) arrivedMs = Math.min(arrivedMs, performance.now() - begin);
    }, 20);
    const counts = await host.flushAll(chunkOf([{ log: "a line" }]), 1, flushes);
    clearInterval(watch);
    expect(counts).toEqual({ errors: 0, oks: flushes, retries: flushes });
    expect(new Set(said)).toEqual(new Set(names));
    expect(kinesis.received.length).toBe(delivered + flushes);
    // The hostile flushes take many seconds together; those of the other output wait for none of them.
    expect(arrivedMs).toBeLessThan((performance.now() - begin) / 2);
    for (const [pid, peak] of before) expect(peakMebibytes(pid) - peak).toBeLessThan(mostGrowthMebibytes);
    const { status, stderr } = await host.end();
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain("Unexpected error");
  });
});
