// Tests exchanges over Node's HTTP client with local services: all kinds of responses, and all causes that end a request early.
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

async function serve(respond: Answering): Promise<{ service: ScriptedService; target: ExchangeTarget }> {
  const service = await ScriptedService.start(respond);
  stops.push(() => service.stop());
  return { service, target: targetOf(Number(new URL(service.endpoint).port)) };
}

/** Starts a TCP server that calls `use` with each connection. Returns its port. */
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

describe("an exchange", () => {
  it("sends headers and body, and returns the status, headers and body of the response", async () => {
    const { service, target } = await serve(() => ({ status: 418, headers: { "x-drink": "tea" }, body: "short and stout" }));
    const response = await send(target);
    expect(response).toMatchObject({ statusCode: 418, reason: "I'm a Teapot", headers: { "x-drink": "tea" } });
    expect(response.body.toString()).toBe("short and stout");
    expect(service.requests[0]).toMatchObject({ method: "POST", path: "/", body: "the body", headers: { "x-test": "yes" } });
  });

  it("reads a response of many parts, and an empty one", async () => {
    const long = "0123456789".repeat(100_000);
    const { target } = await serve((_, index) => ({ body: index === 0 ? long : "" }));
    expect((await send(target)).body.toString()).toBe(long);
    expect((await send(target)).body).toHaveLength(0);
  });

  it("reuses the connection of the previous one", async () => {
    const { service, target } = await serve(() => ({ body: "ok" }));
    for (let count = 0; count < 3; count++) await send(target);
    expect(service.connections).toBe(1);
  });

  it("may take longer than the limit of a connection, on a new and on a reused connection", async () => {
    const sockets: Socket[] = [];
    const port = await serveRaw((socket) => {
      sockets.push(socket);
      socket.on("data", () => setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"), 400));
    });
    const target = targetOf(port, { connectionTimeoutMs: 200 });
    for (let count = 0; count < 2; count++) expect((await send(target)).body.toString()).toBe("late");
    expect(sockets).toHaveLength(1);
  });

  it("rejects with Node's error when the connection is refused", async () => {
    await expect(send(targetOf(await freePort()))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each([
    ["before a response", ""],
    ["within its headers", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["within its body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"],
  ])("rejects when the connection breaks off %s", async (_, text) => {
    const port = await serveRaw((socket) => socket.once("data", () => socket.end(text)));
    await expect(send(targetOf(port))).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("rejects a response that is not HTTP", async () => {
    const port = await serveRaw((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH\r\n")));
    await expect(send(targetOf(port))).rejects.toMatchObject({ code: expect.stringMatching(/^HPE_/) as string });
  });
});

describe("a response", () => {
  it.each([maxBytes - 1, maxBytes])("of %i bytes is read", async (bytes) => {
    const { target } = await serve(() => ({ body: "x".repeat(bytes) }));
    expect((await send(target)).body).toHaveLength(bytes);
  });

  it("of more bytes is rejected as not from the service", async () => {
    const { target } = await serve(() => ({ body: "x".repeat(maxBytes + 1) }));
    // Only the length: a failed test would print the whole body.
    const read = send(target).then(({ body: { length } }) => length);
    await expect(read).rejects.toMatchObject({ name: "InvalidResponse" });
  });

  it("without an end is rejected at the limit", async () => {
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

describe("an exchange reports progress", () => {
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
    "over a new and a reused connection (%s), once for the connection and once for each part of a body: %i bytes are %i parts",
    async (_, bytes, parts, targetFor) => {
      const target = await targetFor();
      const large = Buffer.alloc(bytes);
      for (let at = 0; at < bytes; at += 1021) large[at] = at / 1021;
      for (let count = 0; count < 2; count++) {
        const moved = vi.fn();
        const response = await exchange(target, { method: "POST", headers: { "content-length": String(bytes) }, body: large }, { onEnd: ignore, moved });
        expect(response.body.equals(large)).toBe(true);
        expect(moved).toHaveBeenCalledTimes(1 + parts);
      }
    },
  );

  it("only while the service reads", async () => {
    const bytes = 32 * 1024 * 1024;
    let reader: Socket | undefined;
    const port = await serveRaw((socket) => (reader = socket.pause()));
    const moved = vi.fn();
    let end: () => void = ignore;
    const headers = { "content-length": String(bytes) };
    const watcher = { onEnd: (ender: () => void) => (end = ender), moved };
    const failed = expect(exchange(targetOf(port), { method: "POST", headers, body: Buffer.alloc(bytes) }, watcher)).rejects.toThrow();
    let calls = -1;
    // Waits until the kernel's buffers are full.
    await vi.waitUntil(() => calls === (calls = moved.mock.calls.length) && calls > 0, { interval: 100, timeout: 10_000 });
    expect(calls).toBeLessThan(1 + bytes / partBytes);
    reader?.resume();
    await vi.waitFor(() => expect(moved).toHaveBeenCalledTimes(1 + bytes / partBytes), 10_000);
    end();
    await failed;
  });

  it("not before the TLS handshake is done", async () => {
    // TCP connects, but the TLS handshake gets no response.
    const port = await serveRaw(() => undefined);
    const agent = new SecureAgent({ keepAlive: true });
    stops.push(() => agent.destroy());
    const moved = vi.fn();
    const target = targetOf(port, { isSecure: true, agent, connectionTimeoutMs: 50 });
    await expect(exchange(target, { method: "POST", headers: {}, body }, { onEnd: ignore, moved })).rejects.toThrow("no connection");
    expect(moved).not.toHaveBeenCalled();
  });
});

describe("an exchange ends", () => {
  it("when its watcher ends it", async () => {
    const { target } = await serve(() => "silence");
    let end: () => void = ignore;
    const sent = send(target, (ender) => (end = ender));
    setTimeout(() => end(), 20);
    await expect(sent).rejects.toThrow("the request was ended");
  });

  it("when no byte moves within the limit", async () => {
    const { target } = await serve(() => "silence");
    await expect(send({ ...target, idleTimeoutMs: 50 })).rejects.toMatchObject({
      name: "TimeoutError",
      message: "nothing moved within 0.05 s",
    });
  });

  it("when a response stops half-way for longer than the limit", async () => {
    const port = await serveRaw((socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")));
    await expect(send(targetOf(port, { idleTimeoutMs: 50 }))).rejects.toThrow();
  });

  it("when no connection opens within the limit", async () => {
    // TCP connects, but the TLS handshake gets no response.
    const port = await serveRaw(() => undefined);
    const agent = new SecureAgent({ keepAlive: true });
    stops.push(() => agent.destroy());
    await expect(send(targetOf(port, { isSecure: true, agent, connectionTimeoutMs: 50 }))).rejects.toMatchObject({
      name: "TimeoutError",
      message: "no connection within 0.05 s",
    });
  });
});
