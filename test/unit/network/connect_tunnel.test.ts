// Tests reading a proxy's response to CONNECT: its maximum size, malformed responses, and the bytes behind the head.
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { sendConnect } from "../../../src/network/connect_tunnel.js";
import { createHttpHandler } from "../../../src/network/http_handler.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import { RawServer } from "../../support/raw_server.js";

const maxBytes = 16 * 1024;
const established = "HTTP/1.1 200 Connection established";
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

async function connect(write: (socket: Socket) => void) {
  const proxy = await RawServer.start(write);
  stops.push(() => proxy.stop());
  const opening = new AbortController();
  const connected = await sendConnect(new URL(proxy.endpoint), { host: "kinesis.example", port: 443, trust: undefined, signal: opening.signal });
  stops.push(() => connected.socket.destroy());
  return connected;
}

async function nextOn(socket: Socket): Promise<string> {
  const next = once(socket, "data");
  socket.resume();
  const [part] = (await next) as [Buffer];
  return part.toString();
}

/** Returns a head of this many bytes. */
const headOf = (bytes: number) => `${established}\r\nX-More: `.padEnd(bytes, "x");

describe("the head of a response to CONNECT", () => {
  it.each([maxBytes - 1, maxBytes])("of %i bytes is read", async (bytes) => {
    const { response } = await connect((socket) => void socket.write(`${headOf(bytes)}\r\n\r\n`));
    expect(response.statusCode).toBe(200);
    expect(response.headers["x-more"]).toMatch(/^x+$/);
  });

  it.each([maxBytes - 1, maxBytes])("of %i bytes is read in two parts that divide its end", async (bytes) => {
    const { response } = await connect((socket) => {
      socket.write(`${headOf(bytes)}\r\n\r`);
      void sleep(20).then(() => socket.write("\n"));
    });
    expect(response.statusCode).toBe(200);
  });

  it("of one byte more than 16 KiB is rejected", async () => {
    await expect(connect((socket) => void socket.write(`${headOf(maxBytes + 1)}\r\n\r\n`))).rejects.toThrow("has more than 16384 bytes");
  });

  it("may arrive byte by byte, and the bytes behind it are the target's", async () => {
    const { socket, response } = await connect((connection) => {
      const bytes = `${established}\r\nRetry-After:  7 \r\nretry-after: 8\r\nno header\r\n\r\n`.split("");
      const next = () => {
        const byte = bytes.shift();
        if (byte !== undefined) connection.write(byte, () => setImmediate(next));
        else connection.write("from the target");
      };
      connection.setNoDelay(true);
      next();
    });
    expect(response).toEqual({ statusCode: 200, headers: { "retry-after": "8" } });
    expect(await nextOn(socket)).toBe("from the target");
  });

  it("may arrive together with the first bytes of the target", async () => {
    const { socket } = await connect((connection) => void connection.write(`${established}\r\n\r\nfrom the target`));
    expect(await nextOn(socket)).toBe("from the target");
  });

  it.each(["", "\u0000\u0001\r\n\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "\r\n\r\n"])("that is not HTTP is rejected: %j", async (text) => {
    await expect(connect((socket) => void socket.end(text))).rejects.toThrow(
      text === "" ? "closed the connection before responding to CONNECT" : "did not respond to CONNECT in HTTP",
    );
  });
});

it("an endless head from a proxy fails the request early, and costs little memory", async () => {
  let bytes = 0;
  const proxy = await RawServer.start((socket) => {
    const line = `X-More: ${"y".repeat(4000)}\r\n`;
    const write = () => {
      bytes += line.length;
      socket.write(line, (error) => (error == null ? setImmediate(write) : undefined));
    };
    socket.write(`${established}\r\n`);
    write();
  });
  stops.push(() => proxy.stop());
  const handler = createHttpHandler(await readNetworkEnvironment({ HTTPS_PROXY: proxy.endpoint }));
  stops.push(() => handler.destroy());
  const request = { protocol: "https:", hostname: "kinesis.example", path: "/", method: "POST", headers: {}, query: {}, body: "question" };
  const message = `the proxy of HTTPS_PROXY (127.0.0.1:${proxy.port}): the head of its response to CONNECT has more than 16384 bytes`;
  await expect(handler.handle(request)).rejects.toMatchObject({ message, code: "EPROXY" });
  // The kernel buffers a few MiB at most for an unread connection.
  expect(bytes).toBeLessThan(8 * 1024 * 1024);
});
