// Tests ends in the middle of work: signals, exits and Node's death while requests and retries are in flight and chunks wait.
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isCoreInProcess } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import { FLB_ERROR, FLB_OK, FLB_RETRY, type Options } from "../support/plugin_host.js";
import { NODE_ENDS, Preloaded } from "../support/preloaded.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();
let kinesis: HeldKinesis;
beforeEach(async () => {
  kinesis = await HeldKinesis.start();
});
afterEach(async () => kinesis.destroy());

const optionsOf = (others: Options = {}): Options => streams.options("any", { endpoint: kinesis.endpoint, ...others });
const chunk = (n: number): Uint8Array => chunkOf([{ n }]);
const takenNumbers = (): number[] => kinesis.taken.map((record) => Number(jsonOf(record)["n"])).sort((a, b) => a - b);
const IN_ORDER = { status: 0, signal: null };
const NOT_IN_TIME = "did not stop in time";
const lossOf = (chunks: number): string => `${chunks} chunks could not be delivered before the end`;

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  it("while the service does not respond ends cleanly at drain_timeout, and the flush does not get ok", async () => {
    const host = await streams.host();
    const instance = await host.open(optionsOf({ drain_timeout: "1" }));
    kinesis.mood = "hold";
    await host.start(instance, chunk(1));
    await kinesis.untilRequested(1);
    host.kill(signal);
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual(IN_ORDER);
    expect(stderr).not.toContain(NOT_IN_TIME);
    expect(stderr).toContain(lossOf(1));
    expect(host.replies.get(0)).not.toBe(FLB_OK);
  });

  it("during a flush's retries ends cleanly", async () => {
    const host = await streams.host();
    const instance = await host.open(optionsOf());
    kinesis.mood = "throttle";
    await host.start(instance, chunk(1));
    await kinesis.untilRequested(2);
    host.kill(signal);
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual(IN_ORDER);
    expect(stderr).not.toContain(NOT_IN_TIME);
    expect(stderr).toContain(lossOf(1));
    expect(host.replies.get(0)).not.toBe(FLB_OK);
  });

  it("while the service throttles ends after one chunk's tries, for any number of waiting chunks", async () => {
    const host = await streams.host();
    const instance = await host.open(optionsOf({ experimental_concurrency: "1", experimental_concurrency_retries: "100" }));
    kinesis.mood = "throttle";
    for (let n = 0; n < 15; n++) await host.start(instance, chunk(n));
    await kinesis.untilRequested(2);
    const begin = performance.now();
    host.kill(signal);
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual(IN_ORDER);
    expect(stderr).toContain(lossOf(15));
    // Below 20 s, drain_timeout, the time if each of them took its 3 s.
    expect(performance.now() - begin).toBeLessThan(12_000);
  });

  it("waits for the chunks in flight, and for those that wait for their turn", async () => {
    const host = await streams.host();
    const instance = await host.open(optionsOf({ experimental_concurrency: "2" }));
    kinesis.mood = "hold";
    for (const n of [1, 2, 3]) await host.start(instance, chunk(n));
    await kinesis.untilRequested(2);
    host.kill(signal);
    await sleep(300);
    kinesis.release();
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual(IN_ORDER);
    expect(stderr).not.toContain("could not be delivered");
    expect(takenNumbers()).toEqual([1, 2, 3]);
  });
});

it("a signal during many flushes loses no chunk with the reply ok", async () => {
  const host = await streams.host();
  const instance = await host.open(optionsOf());
  for (let n = 0; n < 200; n++) {
    await host.start(instance, chunk(n));
    if (n === 100) kinesis.mood = "hold";
    if (n === 150) kinesis.mood = "take";
  }
  await kinesis.untilTaken(100);
  host.kill("SIGTERM");
  const { stderr, ...end } = await host.ended();
  expect(end, stderr).toEqual(IN_ORDER);
  const oks = [...host.replies].flatMap(([number, code]) => (code === FLB_OK ? [number] : []));
  expect(oks.length).toBeGreaterThanOrEqual(50);
  expect(takenNumbers()).toEqual(expect.arrayContaining(oks));
});

describe("a normal end loses no record if the service makes progress:", () => {
  it.each([
    ["3,000 records of 6 chunks arrive at 0.7 s a response, two requests at a time", 6, 500, 700, { concurrent_requests: "2" }],
    ["3,000 records of 6 chunks arrive at 0.7 s a response, one chunk at a time", 6, 500, 700, { experimental_concurrency: "1" }],
    ["1,000 records of one chunk arrive at 9 s a response", 1, 1000, 9000, {}],
  ])("%s", async (_, chunks, records, responseMs, options) => {
    const host = await streams.host();
    const instance = await host.open(optionsOf(options));
    kinesis.responseMs = responseMs;
    for (let first = 0; first < chunks * records; first += records) {
      await host.start(instance, chunkOf(Array.from({ length: records }, (__, at) => ({ n: first + at }))));
    }
    await kinesis.untilRequested(1);
    host.kill("SIGTERM");
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual(IN_ORDER);
    expect(stderr).not.toContain(NOT_IN_TIME);
    expect(stderr).not.toContain("could not be delivered");
    expect(takenNumbers()).toEqual(Array.from({ length: chunks * records }, (__, n) => n));
  });
});

it("an end whose service does not respond gives up after 10 s, long before drain_timeout", async () => {
  const host = await streams.host();
  const instance = await host.open(optionsOf({ drain_timeout: "60" }));
  kinesis.mood = "hold";
  await host.start(instance, chunk(1));
  await kinesis.untilRequested(1);
  const startMs = performance.now();
  host.kill("SIGTERM");
  const { stderr, ...end } = await host.ended();
  expect(end, stderr).toEqual(IN_ORDER);
  expect(stderr).toContain(lossOf(1));
  expect(performance.now() - startMs).toBeLessThan(18_000);
});

it("an end whose chunk is throttled gives up at drain_timeout, reports the loss, and ends cleanly", async () => {
  const host = await streams.host();
  const instance = await host.open(optionsOf({ retry_timeout: "3600", drain_timeout: "2" }));
  kinesis.mood = "throttle";
  await host.start(instance, chunk(1));
  await kinesis.untilRequested(1);
  const startMs = performance.now();
  host.kill("SIGTERM");
  const { stderr, ...end } = await host.ended();
  expect(end, stderr).toEqual(IN_ORDER);
  expect(performance.now() - startMs).toBeGreaterThan(1500);
  expect(performance.now() - startMs).toBeLessThan(8000);
  expect(stderr).toContain(lossOf(1));
  expect(stderr).not.toContain(NOT_IN_TIME);
});

it("the end of two outputs with a silent service takes as long as that of one: drain_timeout counts from the first", async () => {
  const host = await streams.host();
  const instances = [await host.open(optionsOf({ drain_timeout: "3" })), await host.open(optionsOf({ drain_timeout: "3" }))];
  kinesis.mood = "hold";
  for (const instance of instances) await host.start(instance, chunk(1));
  await kinesis.untilRequested(2);
  const startMs = performance.now();
  host.kill("SIGTERM");
  const { stderr, ...end } = await host.ended();
  expect(end, stderr).toEqual(IN_ORDER);
  expect(performance.now() - startMs).toBeLessThan(5500);
  expect(stderr.match(new RegExp(lossOf(1), "g"))).toHaveLength(2);
});

it("an instance's exit ends its own flush in another thread with retry, and no other instance's", async () => {
  const host = await streams.host();
  const [leaving, staying] = [await host.open(optionsOf({ drain_timeout: "1" })), await host.open(optionsOf())];
  kinesis.mood = "hold";
  const first = await host.start(leaving, chunk(1));
  await kinesis.untilRequested(1);
  const second = await host.start(staying, chunk(2));
  await kinesis.untilRequested(2);
  expect(await host.exit(leaving)).toBe(FLB_OK);
  expect(await host.replyOf(first)).toBe(FLB_RETRY);
  expect(host.replies.has(second)).toBe(false);
  await kinesis.untilHungUp(1);
  kinesis.release();
  expect(await host.replyOf(second)).toBe(FLB_OK);
  expect(takenNumbers()).toEqual([2]);
  expect((await host.end()).status).toBe(0);
});

describe("while a large chunk keeps Node busy", () => {
  // About a second of gzip for each: the core runs nothing else meanwhile.
  const large = chunkOf(Array.from({ length: 60_000 }, (_, n) => ({ n, log: `line ${n} ${"x".repeat(200)}` })));

  it("other flushes wait and get their replies", async () => {
    const host = await streams.host();
    const [busy, other] = [await host.open(optionsOf({ compression: "gzip" })), await host.open(optionsOf())];
    const first = await host.start(busy, large);
    const others: number[] = [];
    for (const n of [1, 2, 3]) others.push(await host.start(other, chunk(n)));
    for (const started of [first, ...others]) expect(await host.replyOf(started)).toBe(FLB_OK);
    expect(kinesis.taken).toHaveLength(60_003);
  });

  it("SIGTERM ends cleanly, and all records arrive", async () => {
    const host = await streams.host();
    const [busy, other] = [await host.open(optionsOf({ compression: "gzip" })), await host.open(optionsOf())];
    await host.start(busy, large);
    await host.start(other, chunk(1));
    // The large chunk has its turn: earlier, the host may end the instance while its own thread still uses it.
    await kinesis.untilRequested(1);
    host.kill("SIGTERM");
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual(IN_ORDER);
    expect(stderr).not.toContain(NOT_IN_TIME);
    expect(kinesis.taken, stderr).toHaveLength(60_001);
  });
});

describe.skipIf(isCoreInProcess).each(Object.entries(NODE_ENDS))("when Node %s in the host's process", (_, deed) => {
  it("all waiting and later flushes get retry, and SIGTERM ends cleanly", async () => {
    const preloaded = new Preloaded(deed);
    const host = await streams.host(preloaded.environment);
    try {
      const [instance, other] = [await host.open(optionsOf()), await host.open(optionsOf())];
      expect(await host.flush(instance, chunk(0))).toBe(FLB_OK);
      kinesis.mood = "hold";
      const waiting: number[] = [];
      for (const n of [1, 2, 3, 4]) waiting.push(await host.start(n % 2 === 0 ? instance : other, chunk(n)));
      await kinesis.untilRequested(5);
      preloaded.cue();
      for (const started of waiting) expect(await host.replyOf(started)).toBe(FLB_RETRY);
      expect(await host.flushAll(chunk(5), 4, 100)).toEqual({ errors: 0, oks: 0, retries: 800 });
      expect((await host.init(optionsOf())).code).toBe(FLB_ERROR);
      expect(await host.exit(other)).toBe(FLB_OK);
      host.kill("SIGTERM");
      const { stderr, ...end } = await host.ended();
      expect(end, stderr).toEqual(IN_ORDER);
      expect(stderr.match(/Node\.js has stopped\. All flushes get retry/g)).toHaveLength(1);
      expect(stderr).not.toContain(NOT_IN_TIME);
    } finally {
      await preloaded.destroy();
    }
  });
});

describe.runIf(isCoreInProcess).each(Object.entries(NODE_ENDS))("when Node %s in its own process", (_, deed) => {
  it("all waiting flushes get retry, the instances work in the next process, and SIGTERM ends cleanly", async () => {
    const preloaded = new Preloaded(deed);
    const host = await streams.host(preloaded.environment);
    try {
      const instances = [await host.open(optionsOf()), await host.open(optionsOf())];
      const waiting: number[] = [];
      kinesis.mood = "hold";
      for (const instance of [...instances, ...instances]) waiting.push(await host.start(instance, chunk(1)));
      await kinesis.untilRequested(4);
      preloaded.cue();
      for (const started of waiting) expect(await host.replyOf(started)).toBe(FLB_RETRY);
      kinesis.release();
      for (const instance of instances) expect(await host.flushUntilDone(instance, chunk(2))).toBe(FLB_OK);
      const third = await host.open(optionsOf());
      expect(await host.flush(third, chunk(3))).toBe(FLB_OK);
      // The service may have accepted what the first process requested.
      expect(takenNumbers().filter((n) => n !== 1)).toEqual([2, 2, 3]);
      expect(await host.exit(third)).toBe(FLB_OK);
      host.kill("SIGTERM");
      const { stderr, ...end } = await host.ended();
      expect(end, stderr).toEqual(IN_ORDER);
      expect(stderr.match(/The process of Node\.js ended with .* It is started again in 100 ms/g)).toHaveLength(1);
    } finally {
      await preloaded.destroy();
    }
  });
});
