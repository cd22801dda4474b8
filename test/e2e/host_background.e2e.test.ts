// Tests options that limit records in flight and retries, and errors inside Node.
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
  it("limits the chunks in flight: the others wait, and each flush gets its true reply", async () => {
    const kinesis = await streams.heldKinesis();
    const host = await streams.host();
    const options = streams.options("any", { endpoint: kinesis.endpoint, experimental_concurrency: "2" });
    const instance = await host.open(options);
    kinesis.mood = "hold";
    const started: number[] = [];
    for (const n of [1, 2, 3, 4]) started.push(await host.start(instance, chunkOf([{ n }])));
    await kinesis.untilRequested(2);
    await sleep(300);
    expect(kinesis.requested).toBe(2);
    expect(host.replies.size).toBe(0);
    kinesis.release();
    for (const number of started) expect(await host.replyOf(number)).toBe(FLB_OK);
    expect(kinesis.taken.map((record) => jsonOf(record)["n"]).sort()).toEqual([1, 2, 3, 4]);
    expect((await host.end()).status).toBe(0);
  });

  it("loses no chunk beyond experimental_concurrency_retries: its flush gets retry, and it arrives later", async () => {
    const kinesis = await streams.heldKinesis();
    const host = await streams.host();
    const retries = { experimental_concurrency: "1", experimental_concurrency_retries: "2", retry_timeout: "60" };
    const instance = await host.open(streams.options("any", { endpoint: kinesis.endpoint, ...retries }));
    kinesis.mood = "throttle";
    expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
    expect(kinesis.requested).toBe(3);
    kinesis.mood = "take";
    expect(await host.flush(instance, chunk)).toBe(FLB_OK);
    expect(kinesis.taken).toHaveLength(1);
    const { status, stderr } = await host.end();
    expect(status).toBe(0);
    expect(stderr).not.toContain("data loss");
  });

  it("delivers at the end also the chunks that wait at its limit", async () => {
    const kinesis = await streams.heldKinesis();
    const host = await streams.host();
    const instance = await host.open(streams.options("any", { endpoint: kinesis.endpoint, experimental_concurrency: "1" }));
    kinesis.mood = "hold";
    for (const n of [1, 2, 3]) await host.start(instance, chunkOf([{ n }]));
    await kinesis.untilRequested(1);
    const ending = host.end();
    await sleep(300);
    kinesis.release();
    const { status, stderr } = await ending;
    expect(status).toBe(0);
    expect(stderr).not.toContain("could not be delivered");
    expect(kinesis.taken.map((record) => jsonOf(record)["n"]).sort()).toEqual([1, 2, 3]);
  });
});

it("http_request_timeout ends a request without a response, and the flush gets retry", async () => {
  const service = await ScriptedService.start(() => "silence");
  try {
    const host = await streams.host();
    const options = { ...streams.options("any", { http_request_timeout: "1" }), endpoint: service.endpoint };
    expect(await host.flush(await host.open(options), chunk)).toBe(FLB_RETRY);
    await host.waitForMessage(/no response within http_request_timeout/);
  } finally {
    await service.stop();
  }
});

it("SEND_FAILURE_TIMEOUT ends the process with status 1 when no record could be sent for that long", async () => {
  const host = await streams.host({ SEND_FAILURE_TIMEOUT: "100ms" });
  const options = { ...streams.options("any"), endpoint: `http://127.0.0.1:${await freePort()}` };
  const instance = await host.open(options);
  expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
  await sleep(150);
  expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
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

  /** An environment in which Node runs a script of the test before the core. */
  function preloaded(name: string, script: string): { KINESIS_NODE_OPTIONS: string } {
    const file = path.join(folder, name);
    writeFileSync(file, script);
    return { KINESIS_NODE_OPTIONS: `--require ${file}` };
  }

  it("throws and no handler catches it, a message reports it and records still flow", async () => {
    const stream = await streams.newStream();
    const host = await streams.host(preloaded("throws.cjs", "setTimeout(() => { throw new Error('oops'); }, 1);"));
    const instance = await host.open(streams.options(stream));
    await host.waitForMessage(/Unexpected error, please report it: Error: oops/);
    expect(await host.flush(instance, chunk)).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
  });

  it("calls process.exit, a message reports it and the host continues", async () => {
    const exits = new Preloaded(NODE_ENDS["calls process.exit"]);
    try {
      const host = await streams.host(exits.environment);
      const instance = await host.open(streams.options(await streams.newStream()));
      exits.cue();
      await host.waitForMessage(isCoreInProcess ? /The process of Node\.js ended with status 1\./ : /Node\.js has stopped/);
      if (isCoreInProcess) expect(await host.flushUntilDone(instance, chunk)).toBe(FLB_OK);
      else for (let count = 0; count < 2; count++) expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
      expect((await host.end()).status).toBe(0);
    } finally {
      await exits.destroy();
    }
  });
});
