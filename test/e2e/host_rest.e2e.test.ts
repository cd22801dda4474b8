// Tests memory at rest: the Node process is small again after its start, and continues to work.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { coreOf, memoryOf } from "../support/core_process.js";
import { isCoreInProcess } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();
const codeKib = 12 * 1024;

it("the plugin releases the memory of Node's code a moment after the start, and continues", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  const instance = await host.open(streams.options(stream));
  const core = isCoreInProcess ? await coreOf(host.pid) : host.pid;
  const { rssKib: started } = memoryOf(core);
  await vi.waitFor(() => expect(memoryOf(core).rssKib).toBeLessThan(started - codeKib), { timeout: 20_000 });
  expect(await host.flush(instance, chunkOf([{ a: 1 }]))).toBe(FLB_OK);
  expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ a: 1 }]);
  expect((await host.end()).status).toBe(0);
});

it("the plugin releases the memory of a burst to eight outputs", async () => {
  const kinesis = await streams.instantKinesis();
  const host = await streams.host();
  // Under load 48 MB may take long.
  const open = () => host.open(streams.options("any", { endpoint: kinesis.endpoint, http_request_timeout: "120" }));
  for (let output = 0; output < 8; output++) expect(await host.flush(await open(), chunkOf([{ a: 1 }]))).toBe(FLB_OK);
  const core = isCoreInProcess ? await coreOf(host.pid) : host.pid;
  // By then the pages of Node's code are released.
  await sleep(3000);
  const { rssKib: before } = memoryOf(core);
  const chunk = chunkOf(Array.from({ length: 5000 }, (_, n) => ({ n, log: "x".repeat(200) })));
  expect(await host.flushAll(chunk, 2, 3)).toEqual({ errors: 0, oks: 48, retries: 0 });
  expect(memoryOf(core).rssKib).toBeGreaterThan(before);
  const allowedKib = 20 * 1024;
  await vi.waitFor(() => expect(memoryOf(core).rssKib).toBeLessThan(before + allowedKib), { timeout: 30_000, interval: 500 });
  expect((await host.end()).status).toBe(0);
});
