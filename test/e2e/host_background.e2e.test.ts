// Options and environment that rule how long the plugin tries: background sending, time-outs, and Node's own end.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isCoreInProcess } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { freePort } from "../support/kinesis_local.js";
import { FLB_OK, FLB_RETRY } from "../support/plugin_host.js";
import { NODE_ENDS, Preloaded } from "../support/preloaded.js";
import { ScriptedService } from "../support/scripted_service.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();
const chunk = chunkOf([{ log: "a line" }]);

describe("experimental_concurrency", () => {
  it("answers ok at once, and what is under way arrives before the end", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const instance = await host.open(streams.options(stream, { experimental_concurrency: "3" }));
    for (const n of [1, 2, 3]) expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    const received = (await streams.kinesis.readAll(stream)).map((record) => jsonOf(record)["n"]);
    expect(received.sort()).toEqual([1, 2, 3]);
  });

  it("answers retry at its limit, and says at the end what is lost", async () => {
    const service = await ScriptedService.start(() => "silence");
    try {
      const host = await streams.host();
      const options = { ...streams.options("any", { experimental_concurrency: "2" }), endpoint: service.endpoint };
      const instance = await host.open(options);
      const answers = [];
      for (let count = 0; count < 3; count++) answers.push(await host.flush(instance, chunk));
      expect(answers).toEqual([FLB_OK, FLB_OK, FLB_RETRY]);
      const { status, stderr } = await host.end();
      expect(status).toBe(0);
      expect(stderr).toContain("2 chunks could not be sent before the end");
    } finally {
      await service.stop();
    }
  });
});

it("http_request_timeout ends a request that nobody answers, and the flush is to be retried", async () => {
  const service = await ScriptedService.start(() => "silence");
  try {
    const host = await streams.host();
    const options = { ...streams.options("any", { http_request_timeout: "1" }), endpoint: service.endpoint };
    expect(await host.flush(await host.open(options), chunk)).toBe(FLB_RETRY);
    await host.waitForMessage(/no answer within http_request_timeout/);
  } finally {
    await service.stop();
  }
});

it("SEND_FAILURE_TIMEOUT ends the process with status 1 when nothing can be sent for so long", async () => {
  const host = await streams.host({ SEND_FAILURE_TIMEOUT: "100ms" });
  const options = { ...streams.options("any"), endpoint: `http://127.0.0.1:${await freePort()}` };
  const instance = await host.open(options);
  expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
  await sleep(150);
  await expect(host.flush(instance, chunk)).rejects.toThrow();
  const { status, stderr } = await host.ended();
  expect(status).toBe(1);
  expect(stderr).toContain("timeout threshold reached");
});

describe("when something inside Node", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "preloaded-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** An environment in which Node runs a script of the test's before the core. */
  function preloaded(name: string, script: string): { NODE_OPTIONS: string } {
    const file = path.join(folder, name);
    writeFileSync(file, script);
    return { NODE_OPTIONS: `--require ${file}` };
  }

  it("throws and nobody catches it, the message says so and records still flow", async () => {
    const stream = await streams.newStream();
    const host = await streams.host(preloaded("throws.cjs", "setTimeout(() => { throw new Error('oops'); }, 1);"));
    const instance = await host.open(streams.options(stream));
    await host.waitForMessage(/Unexpected error, please report it: Error: oops/);
    expect(await host.flush(instance, chunk)).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
  });

  it("calls process.exit, the message says so and the host goes on", async () => {
    const exits = new Preloaded(NODE_ENDS["calls process.exit"]);
    try {
      const host = await streams.host(exits.environment);
      const instance = await host.open(streams.options(await streams.newStream()));
      exits.cue();
      await host.waitForMessage(isCoreInProcess ? /The process of Node\.js ended with status 1\./ : /Node\.js has stopped/);
      if (isCoreInProcess) expect(await host.flushUntilAnswered(instance, chunk)).toBe(FLB_OK);
      else for (let count = 0; count < 2; count++) expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
      expect((await host.end()).status).toBe(0);
    } finally {
      await exits.destroy();
    }
  });
});
