// Requests over Node's HTTP to services on this machine: answers of all kinds, and what ends a request before its time.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { exchange, type ExchangeTarget } from "../../../src/network/exchange.js";
import { makeCertificate } from "../../support/certificate.js";
import { ScriptedService, type Answering } from "../../support/scripted_service.js";
import { freePort } from "../../support/kinesis_local.js";

const maxBytes = 4 * 1024 * 1024;
const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function targetOf(port: number, limits: Partial<ExchangeTarget> = {}): ExchangeTarget {
  const agent = new Agent({ keepAlive: true, timeout: limits.idleTimeoutMs ?? 5000 });
  stops.push(() => agent.destroy());
  return { isSecure: false, hostname: "127.0.0.1", port, path: "/", agent, connectionTimeoutMs: 5000, idleTimeoutMs: 5000, maxResponseBytes: maxBytes, ...limits };
}

async function serve(answer: Answering): Promise<{ service: ScriptedService; target: ExchangeTarget }> {
  const service = await ScriptedService.start(answer);
  stops.push(() => service.stop());
  return { service, target: targetOf(Number(new URL(service.endpoint).port)) };
}

/** A server that does with each connection what is given, and knows nothing of HTTP. */
async function serveRaw(use: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    use(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const body = Buffer.from("the body");
const ignore = () => undefined;
const send = (target: ExchangeTarget, onEnd: (end: () => void) => void = ignore) =>
  exchange(target, { method: "POST", headers: { "content-length": String(body.length), "x-test": "yes" }, body }, { onEnd, moved: ignore });

describe("a request", () => {
  it("sends headers and body, and gives the answer with its status, headers and body", async () => {
    const { service, target } = await serve(() => ({ status: 418, headers: { "x-answer": "tea" }, body: "short and stout" }));
    const answer = await send(target);
    expect(answer).toMatchObject({ statusCode: 418, reason: "I'm a Teapot", headers: { "x-answer": "tea" } });
    expect(answer.body.toString()).toBe("short and stout");
    expect(service.requests[0]).toMatchObject({ method: "POST", path: "/", body: "the body", headers: { "x-test": "yes" } });
  });

  it("reads an answer that comes in many parts, and one that is empty", async () => {
    const long = "0123456789".repeat(100_000);
    const { target } = await serve((_, index) => ({ body: index === 0 ? long : "" }));
    expect((await send(target)).body.toString()).toBe(long);
    expect((await send(target)).body).toHaveLength(0);
  });

  it("uses the connection of the one before", async () => {
    const { service, target } = await serve(() => ({ body: "ok" }));
    for (let count = 0; count < 3; count++) await send(target);
    expect(service.connections).toBe(1);
  });

  it("may be answered later than a connection may take to come about, on a new one and on one that is used again", async () => {
    const sockets: Socket[] = [];
    const port = await serveRaw((socket) => {
      sockets.push(socket);
      socket.on("data", () => setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"), 400));
    });
    const target = targetOf(port, { connectionTimeoutMs: 200 });
    for (let count = 0; count < 2; count++) expect((await send(target)).body.toString()).toBe("late");
    expect(sockets).toHaveLength(1);
  });

  it("rejects with Node's error when nobody listens", async () => {
    await expect(send(targetOf(await freePort()))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each([
    ["before an answer", ""],
    ["within its headers", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["within its body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"],
  ])("rejects when the connection breaks off %s", async (_, text) => {
    const port = await serveRaw((socket) => socket.once("data", () => socket.end(text)));
    await expect(send(targetOf(port))).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("rejects an answer that is no HTTP", async () => {
    const port = await serveRaw((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH\r\n")));
    await expect(send(targetOf(port))).rejects.toMatchObject({ code: expect.stringMatching(/^HPE_/) as string });
  });
});

describe("an answer", () => {
  it.each([maxBytes - 1, maxBytes])("of %i bytes is read", async (bytes) => {
    const { target } = await serve(() => ({ body: "x".repeat(bytes) }));
    expect((await send(target)).body).toHaveLength(bytes);
  });

  it("of more is none of the service", async () => {
    const { target } = await serve(() => ({ body: "x".repeat(maxBytes + 1) }));
    // A failed test would print the answer.
    const read = send(target).then(({ body: { length } }) => length);
    await expect(read).rejects.toMatchObject({ name: "InvalidResponse" });
  });

  it("without an end is not read for ever", async () => {
    let isClosed: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (isClosed = resolve));
    const port = await serveRaw((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        const part = Buffer.alloc(64 * 1024, "x");
        const more = () => socket.write(part, (error) => (error == null ? more() : undefined));
        more();
      });
      socket.once("close", isClosed);
    });
    await expect(send(targetOf(port))).rejects.toMatchObject({
      name: "InvalidResponse",
      message: "the response has more than 4194304 bytes; is it the address of the service?",
    });
    await closed;
  });
});

describe("a request tells that something moves", () => {
  const partBytes = 256 * 1024;

  async function serveSecurely(): Promise<ExchangeTarget> {
    const folder = mkdtempSync(path.join(tmpdir(), "post-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const { serverFile } = await makeCertificate(folder);
    const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
    const service = await ScriptedService.start(({ bytes }) => ({ body: bytes }), { tls: server });
    stops.push(() => service.stop());
    const agent = new SecureAgent({ keepAlive: true, ca: server.cert });
    stops.push(() => agent.destroy());
    return targetOf(Number(new URL(service.endpoint).port), { isSecure: true, hostname: "localhost", agent });
  }

  const kinds: [string, () => Promise<ExchangeTarget>][] = [
    ["plain", async () => (await serve(({ bytes }) => ({ body: bytes }))).target],
    ["TLS", serveSecurely],
  ];
  const sizes: [number, number][] = [[0, 1], [1, 1], [partBytes - 1, 1], [partBytes, 1], [partBytes + 1, 2], [2 * partBytes, 2], [2 * partBytes + 1, 3]];
  const cases = kinds.flatMap(([kind, target]) => sizes.map(([bytes, parts]) => [kind, bytes, parts, target] as const));

  it.each(cases)(
    "over a new and a used connection (%s) once for the connection and for each part of a body, of %i bytes %i, and the body arrives as it is",
    async (_, bytes, parts, targetFor) => {
      const target = await targetFor();
      const large = Buffer.alloc(bytes);
      for (let at = 0; at < bytes; at += 1021) large[at] = at / 1021;
      for (let count = 0; count < 2; count++) {
        const moved = vi.fn();
        const answer = await exchange(target, { method: "POST", headers: { "content-length": String(bytes) }, body: large }, { onEnd: ignore, moved });
        expect(answer.body.equals(large)).toBe(true);
        expect(moved).toHaveBeenCalledTimes(1 + parts);
      }
    },
  );

  it("not while the service reads nothing, and again when it reads on", async () => {
    const bytes = 32 * 1024 * 1024;
    let reader: Socket | undefined;
    const port = await serveRaw((socket) => (reader = socket.pause()));
    const moved = vi.fn();
    let end: () => void = ignore;
    const headers = { "content-length": String(bytes) };
    const watcher = { onEnd: (ender: () => void) => (end = ender), moved };
    const failed = expect(exchange(targetOf(port), { method: "POST", headers, body: Buffer.alloc(bytes) }, watcher)).rejects.toThrow();
    let calls = -1;
    // What the kernel's buffers take.
    await vi.waitUntil(() => calls === (calls = moved.mock.calls.length) && calls > 0, { interval: 100, timeout: 10_000 });
    expect(calls).toBeLessThan(1 + bytes / partBytes);
    reader?.resume();
    await vi.waitFor(() => expect(moved).toHaveBeenCalledTimes(1 + bytes / partBytes), 10_000);
    end();
    await failed;
  });

  it("not for a connection that is still being made", async () => {
    // TLS: the connection is there, its handshake is never answered.
    const port = await serveRaw(() => undefined);
    const agent = new SecureAgent({ keepAlive: true });
    stops.push(() => agent.destroy());
    const moved = vi.fn();
    const target = targetOf(port, { isSecure: true, agent, connectionTimeoutMs: 50 });
    await expect(exchange(target, { method: "POST", headers: {}, body }, { onEnd: ignore, moved })).rejects.toThrow("no connection");
    expect(moved).not.toHaveBeenCalled();
  });
});

describe("a request ends", () => {
  it("when it is told to, whatever it waits for", async () => {
    const { target } = await serve(() => "silence");
    let end: () => void = ignore;
    const sent = send(target, (ender) => (end = ender));
    setTimeout(() => end(), 20);
    await expect(sent).rejects.toThrow("the request was ended");
  });

  it("when nothing moves for so long", async () => {
    const { target } = await serve(() => "silence");
    await expect(send({ ...target, idleTimeoutMs: 50 })).rejects.toMatchObject({
      name: "TimeoutError",
      message: "nothing moved within 0.05 s",
    });
  });

  it("when the answer stops half-way for so long", async () => {
    const port = await serveRaw((socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")));
    await expect(send(targetOf(port, { idleTimeoutMs: 50 }))).rejects.toThrow();
  });

  it("when no connection comes about in time", async () => {
    // TLS: the connection is there, its handshake is never answered.
    const port = await serveRaw(() => undefined);
    const agent = new SecureAgent({ keepAlive: true });
    stops.push(() => agent.destroy());
    await expect(send(targetOf(port, { isSecure: true, agent, connectionTimeoutMs: 50 }))).rejects.toMatchObject({
      name: "TimeoutError",
      message: "no connection within 0.05 s",
    });
  });
});
