// Responses in an encoding that nobody asked for: read where Node knows it, within the limit of a plain one, and told where not.
import { Agent } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { exchange, type HttpResponse } from "../../../src/network/exchange.js";
import { ScriptedService, type ServedResponse } from "../../support/scripted_service.js";

const most = 100_000;
const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function ask(answer: ServedResponse): Promise<{ service: ScriptedService; answered: Promise<HttpResponse> }> {
  const service = await ScriptedService.start(() => answer);
  const agent = new Agent();
  stops.push(() => service.stop(), () => agent.destroy());
  const limits = { connectionTimeoutMs: 5000, idleTimeoutMs: 5000, maxResponseBytes: most };
  const target = { isSecure: false, hostname: "127.0.0.1", port: Number(new URL(service.endpoint).port), path: "/", agent, ...limits };
  return { service, answered: exchange(target, { method: "GET", headers: {}, body: new Uint8Array() }, { onEnd: () => undefined, moved: () => undefined }) };
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
  it("asks for no encoding", async () => {
    const { service, answered } = await ask({ body: "" });
    await answered;
    expect(service.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });
});

describe("an answer", () => {
  it.each(codings)("in %s is read all the same", async (encoding, encode) => {
    const { answered } = await ask({ headers: { "content-encoding": encoding }, body: encode("the answer") });
    expect((await answered).body.toString()).toBe("the answer");
  });

  it.each([most - 1, most])("of %i bytes, the limit, is read in an encoding too", async (bytes) => {
    const { answered } = await ask({ headers: { "content-encoding": "gzip" }, body: gzipSync("x".repeat(bytes)) });
    expect((await answered).body).toHaveLength(bytes);
  });

  it.each([most + 1, 100 * most])("of %i bytes is refused, however few came", async (bytes) => {
    const { answered } = await ask({ headers: { "content-encoding": "gzip" }, body: gzipSync("x".repeat(bytes)) });
    await expect(answered).rejects.toMatchObject({ name: "EncodedResponse", message: expect.stringMatching(/^the response in gzip, which was not requested, has more than 100000 bytes; configure the proxy/) as string });
  });

  it.each([["zstd", "x"], ["gzip, br", "x"], ["aws-chunked", "x"], ["constructor", "x"]])("in %s is told", async (encoding, body) => {
    const { answered } = await ask({ headers: { "content-encoding": encoding }, body });
    await expect(answered).rejects.toMatchObject({ name: "EncodedResponse", message: expect.stringContaining(`the response has the encoding ${encoding}, though no encoding was requested`) as string });
  });

  it.each([gzipSync("the answer").subarray(0, 12), Buffer.from("the answer"), Buffer.alloc(0)])("that is no gzip, though it says so, is told (%#)", async (body) => {
    const { answered } = await ask({ headers: { "content-encoding": "gzip" }, body });
    await expect(answered).rejects.toMatchObject({ name: "EncodedResponse", message: expect.stringMatching(/in gzip, which was not requested, is damaged/) as string });
  });

  it("that refuses has its status to tell, in whatever encoding", async () => {
    const { answered } = await ask({ status: 503, headers: { "content-encoding": "zstd", "retry-after": "2" }, body: "x" });
    expect(await answered).toMatchObject({ statusCode: 503, headers: { "retry-after": "2" }, body: Buffer.alloc(0) });
  });
});
