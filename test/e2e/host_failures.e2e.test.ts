// Tests replies and messages for failures: broken chunks, no endpoint, no credentials, no trust.
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { KinesisLocal, freePort } from "../support/kinesis_local.js";
import { FLB_OK, FLB_RETRY } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();

/** Random bytes, the same in every run. */
function noise(length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) => createHash("sha256").update(`${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

describe("a broken chunk", () => {
  it("that is empty gets ok immediately", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    expect(await host.flush(await host.open(streams.options(stream)), new Uint8Array())).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(host.problems).toEqual([]);
    expect(await streams.kinesis.readAll(stream)).toEqual([]);
  });

  it("of random bytes is given up with one message, and the next chunk arrives", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const instance = await host.open(streams.options(stream));
    expect(await host.flush(instance, noise(4096))).toBe(FLB_OK);
    expect(await host.flush(instance, chunkOf([{ after: true }]))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(host.problems).toHaveLength(1);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ after: true }]);
  });

  it("that ends in the middle of an event still delivers the events before it", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const chunk = chunkOf([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await host.flush(await host.open(streams.options(stream)), chunk.subarray(0, chunk.length - 2))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(host.problems).toHaveLength(1);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

describe("a chunk that cannot be sent", () => {
  it("gets retry while the endpoint is unreachable, with one message, and arrives once it is back", async () => {
    const port = await freePort();
    const host = await streams.host();
    const options = { ...streams.options("late"), endpoint: `http://127.0.0.1:${port}` };
    const instance = await host.open(options);
    for (const n of [1, 2, 3]) expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_RETRY);
    expect(host.problems).toHaveLength(1);
    expect(host.problems[0]).toMatch(/ECONNREFUSED|refused|connect/i);
    const late = await KinesisLocal.start({ port });
    try {
      await late.createStream("late");
      for (const n of [1, 2, 3]) expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_OK);
      expect((await late.readAll("late")).map(jsonOf)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    } finally {
      await late.stop();
    }
  });

  it("gets retry while the endpoint's name cannot be resolved, with one message about it", async () => {
    const host = await streams.host();
    const options = { ...streams.options("any"), endpoint: "https://kinesis.invalid", retry_timeout: "0" };
    const instance = await host.open(options);
    for (const n of [1, 2]) expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_RETRY);
    expect(host.problems).toHaveLength(1);
    expect(host.problems[0]).toMatch(/(ENOTFOUND|EAI_AGAIN).*check the options region and endpoint, and DNS/);
  });

  it("gets retry without credentials, with one message about them", async () => {
    const host = await streams.host({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
    const instance = await host.open(streams.options(await streams.newStream()));
    for (const n of [1, 2]) expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_RETRY);
    expect(host.problems).toHaveLength(1);
    expect(host.problems[0]).toMatch(/credential/i);
    expect((await host.end()).status).toBe(0);
  });

  it("gets retry when the stream does not exist, with a message that names it", async () => {
    const host = await streams.host();
    const instance = await host.open(streams.options("nowhere-to-be-found"));
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_RETRY);
    expect(host.problems.join("\n")).toMatch(/nowhere-to-be-found/);
    expect((await host.end()).status).toBe(0);
  });
});

describe("a TLS endpoint", () => {
  it("with a certificate that NODE_EXTRA_CA_CERTS trusts gets records", async () => {
    const stream = await streams.newStream();
    const host = await streams.host({ NODE_EXTRA_CA_CERTS: streams.kinesis.certificateFile });
    const instance = await host.open({ ...streams.options(stream), endpoint: streams.kinesis.tlsEndpoint });
    expect(await host.flush(instance, chunkOf([{ secret: true }])), host.stderr).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ secret: true }]);
  });

  it("with an untrusted certificate gets nothing", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const instance = await host.open({ ...streams.options(stream), endpoint: streams.kinesis.tlsEndpoint });
    expect(await host.flush(instance, chunkOf([{ secret: true }]))).toBe(FLB_RETRY);
    expect(host.problems.join("\n")).toMatch(/certificate/i);
    expect(await streams.kinesis.readAll(stream)).toEqual([]);
  });
});

it("the plugin names the missing symbols when LD_BIND_NOW requires them before libnode is opened", async () => {
  await expect(streams.host({ LD_BIND_NOW: "1" })).rejects.toThrow(/kinesis\.so: undefined symbol: napi_/);
});
