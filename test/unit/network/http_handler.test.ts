// Tests requests of the SDK's handler: through local proxies, with the authorities of AWS_CA_BUNDLE, over kept connections.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createHttpHandler, type RoutedHttpHandler } from "../../../src/network/http_handler.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import { makeCertificate } from "../../support/certificate.js";
import { freePort } from "../../support/kinesis_local.js";
import { ScriptedProxy, type ProxySettings } from "../../support/scripted_proxy.js";
import { ScriptedService, type Answering } from "../../support/scripted_service.js";

type Environment = Readonly<Record<string, string>>;
interface Identity {
  readonly key: string;
  readonly cert: string;
  readonly file: string;
}

/** The host names of these tests resolve only through their proxies. */
const noSuchHost = /ENOTFOUND|EAI_AGAIN/;
const folder = mkdtempSync(path.join(tmpdir(), "http-handler-"));
const stops: (() => void | Promise<void>)[] = [];
let targets: Identity;
let proxies: Identity;

/** Creates a certificate for host names, in a separate folder. */
async function identity(name: string, names: string): Promise<Identity> {
  mkdirSync(path.join(folder, name));
  const { certificateFile, serverFile } = await makeCertificate(path.join(folder, name), names);
  const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
  return { ...server, file: certificateFile };
}

beforeAll(async () => {
  targets = await identity("target", "DNS:kinesis.example,IP:192.0.2.1");
  proxies = await identity("proxy", "DNS:localhost,IP:127.0.0.1");
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function serve(tls?: Identity, respond: Answering = () => ({ body: "hello" })): Promise<ScriptedService> {
  const service = await ScriptedService.start(respond, tls === undefined ? {} : { tls });
  stops.push(() => service.stop());
  return service;
}

/** Returns a proxy that connects every request to the service. */
async function proxyTo(service: ScriptedService, settings: ProxySettings = {}): Promise<ScriptedProxy> {
  const proxy = await ScriptedProxy.start({ target: { port: Number(new URL(service.endpoint).port) }, ...settings });
  stops.push(() => proxy.stop());
  return proxy;
}

async function handlerOf(environment: Environment): Promise<RoutedHttpHandler> {
  const handler = createHttpHandler(await readNetworkEnvironment(environment));
  stops.push(() => handler.destroy());
  return handler;
}

/** Sends a request as the SDK does. Returns status and body of the response as a text. */
async function send(handler: RoutedHttpHandler, url: string, abortSignal?: AbortSignal): Promise<string> {
  const { protocol, hostname, port, pathname, host } = new URL(url);
  const request = {
    ...{ protocol, hostname, path: pathname, method: "POST", headers: { host }, query: {}, body: "question" },
    ...(port === "" ? {} : { port: Number(port) }),
  };
  const sent = handler.handle(request, {
    ...(abortSignal === undefined ? {} : { abortSignal }),
  });
  const { response } = await sent;
  return `${response.statusCode} ${Buffer.from(response.body).toString()}`;
}

describe("a request over TLS", () => {
  it("goes through a tunnel of the proxy in HTTPS_PROXY, which later requests reuse", async () => {
    const service = await serve(targets);
    const proxy = await proxyTo(service);
    const handler = await handlerOf({ HTTPS_PROXY: proxy.address, AWS_CA_BUNDLE: targets.file });
    for (let count = 0; count < 5; count++) expect(await send(handler, "https://kinesis.example/")).toBe("200 hello");
    expect(proxy.tunnels).toEqual(["kinesis.example:443"]);
    expect(proxy.authorizations).toEqual([undefined]);
    expect(service.connections).toBe(1);
    expect(service.requests.map(({ body }) => body)).toEqual(Array(5).fill("question"));
    expect(service.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
  });

  it("concurrent with others has its own tunnel, which is kept too", async () => {
    const service = await serve(targets);
    const proxy = await proxyTo(service);
    const handler = await handlerOf({ HTTPS_PROXY: proxy.address, AWS_CA_BUNDLE: targets.file });
    const sendThree = () => Promise.all([1, 2, 3].map(() => send(handler, "https://kinesis.example/")));
    expect([...(await sendThree()), ...(await sendThree())]).toEqual(Array(6).fill("200 hello"));
    expect(proxy.tunnels).toHaveLength(3);
  });

  it("does not go through the proxy in HTTP_PROXY", async () => {
    const service = await serve(targets);
    const proxy = await proxyTo(service);
    const handler = await handlerOf({ HTTP_PROXY: proxy.address });
    await expect(send(handler, "https://kinesis.example/")).rejects.toThrow(noSuchHost);
    expect(proxy.tunnels).toEqual([]);
  });

  it("goes directly to this machine and to hosts in NO_PROXY", async () => {
    const service = await serve(proxies);
    const proxy = await proxyTo(service);
    const handler = await handlerOf({ HTTPS_PROXY: proxy.address, NO_PROXY: "kinesis.example", AWS_CA_BUNDLE: proxies.file });
    expect(await send(handler, service.endpoint)).toBe("200 hello");
    await expect(send(handler, "https://kinesis.example/")).rejects.toThrow(noSuchHost);
    expect(proxy.tunnels).toEqual([]);
  });

  it("sends the decoded user and password of the URL to the proxy", async () => {
    const service = await serve(targets);
    const proxy = await proxyTo(service, { credentials: "us er:p@ss:wörd" });
    const url = `http://us%20er:p%40ss:w%C3%B6rd@${proxy.address}`;
    const handler = await handlerOf({ https_proxy: url, AWS_CA_BUNDLE: targets.file });
    expect(await send(handler, "https://kinesis.example/")).toBe("200 hello");
  });

  it.each([
    ["requires other credentials", { credentials: "a:b" }, "ProxyRefused", "status 407"],
    ["forbids the host", { refusal: 403 }, "ProxyRefused", "status 403"],
    ["responds as if it were the service", { refusal: 201 }, "ProxyRefused", "status 201"],
    ["cannot reach the host", { refusal: 502 }, "EPROXY", "status 502"],
    ["throttles", { refusal: 429 }, "EPROXY", "status 429"],
  ])("fails when the proxy %s, with the name of the proxy but not the password", async (_, settings, code, message) => {
    const service = await serve(targets);
    const proxy = await proxyTo(service, settings);
    const handler = await handlerOf({ HTTPS_PROXY: `http://user:secret@${proxy.address}` });
    const error: unknown = await send(handler, "https://kinesis.example/").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(`the proxy of HTTPS_PROXY (${proxy.address}): `);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain("secret");
    expect(service.connections).toBe(0);
    await vi.waitFor(() => expect(proxy.open).toBe(0));
  });

  it("fails with the name of the proxy when its address refuses connections", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await expect(send(await handlerOf({ HTTPS_PROXY: address }), "https://kinesis.example/")).rejects.toMatchObject({
      code: "ECONNREFUSED",
      message: expect.stringContaining(`the proxy of HTTPS_PROXY (${address}): `) as string,
    });
  });

  it("to a silent proxy can be aborted, and leaves no connection open", async () => {
    const proxy = await proxyTo(await serve(targets), { refusal: 0 });
    const handler = await handlerOf({ HTTPS_PROXY: proxy.address });
    const ending = new AbortController();
    const response = send(handler, "https://kinesis.example/", ending.signal);
    await vi.waitFor(() => expect(proxy.open).toBe(1));
    ending.abort();
    await expect(response).rejects.toMatchObject({ name: "AbortError" });
    await vi.waitFor(() => expect(proxy.open).toBe(0), 20_000);
  });

  it("to a silent proxy times out after 5 s", async () => {
    const proxy = await proxyTo(await serve(targets), { refusal: 0 });
    await expect(send(await handlerOf({ HTTPS_PROXY: proxy.address }), "https://kinesis.example/")).rejects.toMatchObject({
      code: "ETIMEDOUT",
      message: expect.stringContaining("no connection within 5 s") as string,
    });
  });

  it("that waits for a tunnel ends when the handler is destroyed", async () => {
    const proxy = await proxyTo(await serve(targets), { refusal: 0 });
    const handler = await handlerOf({ HTTPS_PROXY: proxy.address });
    const response = send(handler, "https://kinesis.example/");
    await vi.waitFor(() => expect(proxy.open).toBe(1));
    handler.destroy();
    await expect(response).rejects.toMatchObject({ code: "ABORT_ERR" });
  });

  it("to a silent service can be aborted inside the tunnel", async () => {
    const service = await serve(targets, () => "silence");
    const handler = await handlerOf({ HTTPS_PROXY: (await proxyTo(service)).address, AWS_CA_BUNDLE: targets.file });
    const ending = new AbortController();
    const response = send(handler, "https://kinesis.example/", ending.signal);
    await vi.waitFor(() => expect(service.requests).toHaveLength(1));
    ending.abort();
    await expect(response).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("trust in certificates", () => {
  it("follows AWS_CA_BUNDLE for a direct connection", async () => {
    const service = await serve(proxies);
    expect(await send(await handlerOf({ AWS_CA_BUNDLE: proxies.file }), service.endpoint)).toBe("200 hello");
    const code = "DEPTH_ZERO_SELF_SIGNED_CERT";
    await expect(send(await handlerOf({}), service.endpoint)).rejects.toMatchObject({ code });
    await expect(send(await handlerOf({ AWS_CA_BUNDLE: targets.file }), service.endpoint)).rejects.toMatchObject({ code });
    expect(service.requests).toHaveLength(1);
  });

  it("follows Node for a target behind a proxy without AWS_CA_BUNDLE", async () => {
    const service = await serve(targets);
    const proxy = await proxyTo(service);
    await expect(send(await handlerOf({ HTTPS_PROXY: proxy.address }), "https://kinesis.example/")).rejects.toMatchObject({
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    expect(service.requests).toEqual([]);
  });

  it.each([
    ["https://kinesis.example/", true],
    ["https://192.0.2.1/", true],
    ["https://other.example/", false],
    ["https://192.0.2.2/", false],
  ])("behind a proxy requires a certificate for the host in %s: %s", async (url, isTrusted) => {
    const service = await serve(targets);
    const proxy = await proxyTo(service);
    const response = send(await handlerOf({ HTTPS_PROXY: proxy.address, AWS_CA_BUNDLE: targets.file }), url);
    if (isTrusted) expect(await response).toBe("200 hello");
    else await expect(response).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it("rejects a certificate of localhost for an address behind a proxy", async () => {
    const service = await serve(proxies);
    const proxy = await proxyTo(service);
    const handler = await handlerOf({ HTTPS_PROXY: proxy.address, AWS_CA_BUNDLE: proxies.file });
    await expect(send(handler, "https://192.0.2.1/")).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it.each(["127.0.0.1", "localhost"])("follows AWS_CA_BUNDLE for a proxy at https://%s", async (host) => {
    const plain = await serve();
    const proxy = await proxyTo(plain, { tls: proxies });
    const url = `https://${host}:${proxy.port}`;
    const handler = await handlerOf({ HTTP_PROXY: url, HTTPS_PROXY: url, AWS_CA_BUNDLE: proxies.file });
    expect(await send(handler, "http://kinesis.example/")).toBe("200 hello");
    // The tunnel opens, but its target does not use TLS.
    await expect(send(handler, "https://kinesis.example/")).rejects.toThrow();
    expect(proxy.tunnels).toEqual(["kinesis.example:443"]);
    const code = "DEPTH_ZERO_SELF_SIGNED_CERT";
    await expect(send(await handlerOf({ HTTP_PROXY: url }), "http://kinesis.example/")).rejects.toMatchObject({ code });
    await expect(send(await handlerOf({ HTTPS_PROXY: url }), "https://kinesis.example/")).rejects.toMatchObject({ code });
  });

  it("applies to both proxy and target for TLS within TLS", async () => {
    const both = await identity("both", "DNS:kinesis.example,DNS:localhost");
    const proxy = await proxyTo(await serve(both), { tls: both });
    const handler = await handlerOf({ HTTPS_PROXY: `https://localhost:${proxy.port}`, AWS_CA_BUNDLE: both.file });
    for (let count = 0; count < 2; count++) expect(await send(handler, "https://kinesis.example/")).toBe("200 hello");
    expect(proxy.tunnels).toHaveLength(1);
  });
});

describe("a request without TLS", () => {
  it("goes with its whole URL to the proxy in HTTP_PROXY, over one connection", async () => {
    const service = await serve();
    const proxy = await proxyTo(service, { credentials: "user:secret" });
    const handler = await handlerOf({ HTTP_PROXY: `user:secret@${proxy.address}` });
    for (let count = 0; count < 3; count++) expect(await send(handler, "http://kinesis.example:4567/path")).toBe("200 hello");
    expect(proxy.passedOn).toEqual(Array(3).fill("http://kinesis.example:4567/path"));
    expect(proxy.tunnels).toEqual([]);
    expect(proxy.open).toBe(1);
    expect(service.requests.map(({ headers, body }) => [headers.host, body])).toEqual(
      Array(3).fill(["kinesis.example:4567", "question"]),
    );
  });

  it("does not go through the proxy in HTTPS_PROXY, nor to this machine through any proxy", async () => {
    const service = await serve();
    const proxy = await proxyTo(service);
    await expect(send(await handlerOf({ HTTPS_PROXY: proxy.address }), "http://kinesis.example/")).rejects.toThrow(noSuchHost);
    expect(await send(await handlerOf({ HTTP_PROXY: proxy.address }), service.endpoint)).toBe("200 hello");
    expect([...proxy.passedOn, ...proxy.tunnels]).toEqual([]);
  });
});

/** Starts a SOCKS 5 server without authentication (RFC 1928) that connects to one port, and records the requested hosts. */
async function socksTo(service: ScriptedService): Promise<{ port: number; requested: string[] }> {
  const requested: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    sockets.push(client.on("error", () => undefined));
    client.once("data", () => {
      client.write(Uint8Array.of(5, 0));
      client.once("data", (request) => {
        // Version, command, 0, address type 3 (a name), its length, the name, the port.
        requested.push(request[3] === 3 ? request.toString("latin1", 5, request.length - 2) : `type ${request[3]}`);
        const onward = new URL(service.endpoint);
        const target = connect(Number(onward.port));
        sockets.push(target.on("error", () => undefined));
        client.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
        client.pipe(target).pipe(client);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requested };
}

describe("a SOCKS proxy", () => {
  it.each(["socks5", "socks5h"])("in a URL with %s:// gets the name of the host, with TLS and without", async (scheme) => {
    const secure = await serve(targets);
    const tunnels = await socksTo(secure);
    const secureHandler = await handlerOf({ HTTPS_PROXY: `${scheme}://127.0.0.1:${tunnels.port}`, AWS_CA_BUNDLE: targets.file });
    for (let count = 0; count < 2; count++) expect(await send(secureHandler, "https://kinesis.example/")).toBe("200 hello");
    expect(tunnels.requested).toEqual(["kinesis.example"]);
    const plain = await socksTo(await serve());
    const plainHandler = await handlerOf({ HTTP_PROXY: `${scheme}://127.0.0.1:${plain.port}` });
    for (let count = 0; count < 2; count++) expect(await send(plainHandler, "http://kinesis.example/")).toBe("200 hello");
    expect(plain.requested).toEqual(["kinesis.example"]);
  });

  it("that refuses connections fails the request with its name", async () => {
    const port = await freePort();
    await expect(send(await handlerOf({ HTTPS_PROXY: `socks5://127.0.0.1:${port}` }), "https://kinesis.example/")).rejects.toThrow(
      `the proxy of HTTPS_PROXY (127.0.0.1:${port}): `,
    );
  });
});

describe("a request without a proxy", () => {
  it.each([
    ["http://kinesis.example/", "kinesis.example:80", true],
    ["http://kinesis.example/", "kinesis.example:443", false],
    ["https://kinesis.example/", "kinesis.example:443", true],
    ["https://kinesis.example/", "kinesis.example:80", false],
    ["https://kinesis.example:4567/", "kinesis.example:4567", true],
    ["https://[2001:db8::1]/", "2001:db8::1", true],
    ["https://[2001:db8::1]/", "2001:db8::/32", true],
    ["https://[2001:db8::1]/", "2001:db8::2", false],
  ])("is direct to %s with NO_PROXY=%s: %s", async (address, list, isDirect) => {
    const handler = await handlerOf({ HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1", NO_PROXY: list });
    const { protocol, hostname, port, pathname } = new URL(address);
    const requested = { protocol, hostname, port: port === "" ? undefined : Number(port), path: pathname } as never;
    const direct = handler.directTarget(requested);
    expect(direct !== undefined).toBe(isDirect);
    const { agent, ...target } = await handler.target(requested);
    expect(agent === direct?.agent).toBe(isDirect);
    expect(target).toMatchObject({ isSecure: protocol === "https:", path: pathname });
  });

  it("has an IPv6 address without its brackets", async () => {
    const handler = await handlerOf({});
    const target = handler.directTarget({ protocol: "https:", hostname: "[2001:db8::1]", port: 4567, path: "/" });
    expect(target).toMatchObject({ isSecure: true, hostname: "2001:db8::1", port: 4567, path: "/" });
  });
});

it("the handler has the methods of the SDK's own, so that the SDK's clients use it unchanged", async () => {
  const handler = await handlerOf({});
  expect(NodeHttpHandler.create(handler as never)).toBe(handler);
  expect(handler.metadata).toEqual({ handlerProtocol: "http/1.1" });
  expect(handler.httpHandlerConfigs()).toEqual({});
});
