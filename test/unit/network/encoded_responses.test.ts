// Tests responses in an encoding that was not requested: decoded when supported, within the limit of a plain one, and rejected otherwise.
import { Agent } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { exchange, type HttpResponse } from "../../../src/network/exchange.js";
import { ScriptedService, type ServedResponse } from "../../support/scripted_service.js";

const maxBytes = 100_000;
const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function send(served: ServedResponse): Promise<{ service: ScriptedService; response: Promise<HttpResponse> }> {
  const service = await ScriptedService.start(() => served);
  const agent = new Agent();
  stops.push(() => service.stop(), () => agent.destroy());
  const limits = { connectionTimeoutMs: 5000, idleTimeoutMs: 5000, maxResponseBytes: maxBytes };
  const target = { isSecure: false, hostname: "127.0.0.1", port: Number(new URL(service.endpoint).port), path: "/", agent, ...limits };
  return { service, response: exchange(target, { method: "GET", headers: {}, body: new Uint8Array() }, { onEnd: () => undefined, moved: () => undefined }) };
}

const codings: readonly [string, (text: string) => Buffer][] = [
  ["gzip", (text) => gzipSync(text)],
  ["x-gzip", (text) => gzipSync(text)],
  ["GZIP ", (text) => gzipSync(text)],
  ["deflate", (text) => deflateSync(text)],
  ["br", (text) => brotliCompressSync(text)],
  ["identity", (text) => Buffer.from(text)],
];

describe("a request", () => {
  it("requests no encoding", async () => {
    const { service, response } = await send({ body: "" });
    await response;
    expect(service.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });
});

describe("an encoded response", () => {
  it.each(codings)("in %s is decoded", async (encoding, encode) => {
    const { response } = await send({ headers: { "content-encoding": encoding }, body: encode("the body") });
    expect((await response).body.toString()).toBe("the body");
  });

  it.each([maxBytes - 1, maxBytes])("of %i decoded bytes, within the limit, is decoded", async (bytes) => {
    const { response } = await send({ headers: { "content-encoding": "gzip" }, body: gzipSync("x".repeat(bytes)) });
    expect((await response).body).toHaveLength(bytes);
  });

  it.each([maxBytes + 1, 100 * maxBytes])("of %i decoded bytes, above the limit, is rejected", async (bytes) => {
    const { response } = await send({ headers: { "content-encoding": "gzip" }, body: gzipSync("x".repeat(bytes)) });
    await expect(response).rejects.toMatchObject({ name: "EncodedResponse", message: expect.stringMatching(/^the response in gzip, which was not requested, has more than 100000 bytes; configure the proxy/) as string });
  });

  it.each([["zstd", "x"], ["gzip, br", "x"], ["aws-chunked", "x"], ["constructor", "x"]])("in the unsupported encoding %s is rejected", async (encoding, body) => {
    const { response } = await send({ headers: { "content-encoding": encoding }, body });
    await expect(response).rejects.toMatchObject({ name: "EncodedResponse", message: expect.stringContaining(`the response has the encoding ${encoding}, though no encoding was requested`) as string });
  });

  it.each([gzipSync("the body").subarray(0, 12), Buffer.from("the body"), Buffer.alloc(0)])("with malformed gzip is rejected (%#)", async (body) => {
    const { response } = await send({ headers: { "content-encoding": "gzip" }, body });
    await expect(response).rejects.toMatchObject({ name: "EncodedResponse", message: expect.stringMatching(/in gzip, which was not requested, is damaged/) as string });
  });

  it("of a refusal in an unsupported encoding keeps its status and headers", async () => {
    const { response } = await send({ status: 503, headers: { "content-encoding": "zstd", "retry-after": "2" }, body: "x" });
    expect(await response).toMatchObject({ statusCode: 503, headers: { "retry-after": "2" }, body: Buffer.alloc(0) });
  });
});
