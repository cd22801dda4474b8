// Tests many instances and workers in one process, and inits, exits and ends in unusual orders.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import { FLB_ERROR, FLB_OK, FLB_RETRY, type Options } from "../support/plugin_host.js";
import { jsonOf, textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();
let kinesis: HeldKinesis;
beforeEach(async () => {
  kinesis = await HeldKinesis.start();
});
afterEach(async () => kinesis.destroy());

const optionsOf = (stream = "any", others: Options = {}): Options =>
  streams.options(stream, { endpoint: kinesis.endpoint, ...others });
const wrong: Options = { compression: "brotli" };
const event = chunkOf([{ log: "a line", "dotted.key": 1 }]);

/** The options of an instance, and the form of its records. */
const kinds: readonly { readonly options: Options; readonly text: string }[] = [
  { options: {}, text: '{"log":"a line","dotted.key":1}' },
  { options: { log_key: "log" }, text: "a line" },
  { options: { append_newline: "true" }, text: '{"log":"a line","dotted.key":1}\n' },
  { options: { data_keys: "log" }, text: '{"log":"a line"}' },
  { options: { replace_dots: "-" }, text: '{"log":"a line","dotted-key":1}' },
];

it("ten instances with different options stay separate, with two threads each", async () => {
  const host = await streams.host();
  for (let n = 0; n < 10; n++) await host.open(optionsOf(`stream-${n}`, kinds[n % kinds.length]?.options));
  expect(await host.flushAll(event, 2, 20)).toEqual({ errors: 0, oks: 400, retries: 0 });
  for (let n = 0; n < 10; n++) {
    const texts = kinesis.taken.filter(({ stream }) => stream === `stream-${n}`).map(textOf);
    expect(texts).toEqual(Array.from({ length: 40 }, () => kinds[n % kinds.length]?.text));
  }
  expect((await host.end()).status).toBe(0);
});

it.each([
  { instances: 1, threads: 8 },
  { instances: 10, threads: 8 },
])("$instances instances with $threads workers each stay within their memory, threads and descriptors", async ({ instances, threads }) => {
  const host = await streams.host();
  for (let n = 0; n < instances; n++) await host.open(optionsOf(`stream-${n}`));
  const round = instances * threads * Math.ceil(200 / instances);
  const flush = async (): Promise<void> => {
    expect(await host.flushAll(event, threads, Math.ceil(200 / instances))).toEqual({ errors: 0, oks: round, retries: 0 });
  };
  await flush();
  const early = await host.memory();
  for (let turn = 0; turn < 3; turn++) await flush();
  const late = await host.memory();
  expect(kinesis.taken).toHaveLength(4 * round);
  expect(late.rssKib).toBeLessThan(early.rssKib * 1.25);
  expect(late.threads).toBeLessThanOrEqual(early.threads);
  // One connection for each flush in flight, kept open for the next.
  expect(late.descriptors).toBeLessThanOrEqual(early.descriptors + instances * threads);
  expect((await host.end()).status).toBe(0);
});

it("an instance opened and closed fifty times leaves no descriptor or thread", async () => {
  const host = await streams.host();
  const turn = async (): Promise<void> => {
    const instance = await host.open(optionsOf());
    expect(await host.flush(instance, event)).toBe(FLB_OK);
    expect(await host.exit(instance)).toBe(FLB_OK);
  };
  for (let count = 0; count < 5; count++) await turn();
  const early = await host.memory();
  for (let count = 0; count < 45; count++) await turn();
  const late = await host.memory();
  expect(late.threads).toBeLessThanOrEqual(early.threads);
  expect(late.descriptors).toBeLessThanOrEqual(early.descriptors + 2);
});

it("a failed init leaves the instances before and after it working", async () => {
  const host = await streams.host();
  const first = await host.open(optionsOf("first"));
  expect((await host.init(optionsOf("bad", wrong))).code).toBe(FLB_ERROR);
  const last = await host.open(optionsOf("last"));
  for (const instance of [first, last]) expect(await host.flush(instance, event)).toBe(FLB_OK);
  expect(kinesis.taken.map(({ stream }) => stream)).toEqual(["first", "last"]);
  expect((await host.end()).status).toBe(0);
});

it("two failed inits do not keep the third from working", async () => {
  const host = await streams.host();
  for (let count = 0; count < 2; count++) expect((await host.init(optionsOf("bad", wrong))).code).toBe(FLB_ERROR);
  expect(await host.flush(await host.open(optionsOf()), event)).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
});

it("the host ends cleanly when its only init failed", async () => {
  const host = await streams.host();
  expect((await host.init(optionsOf("bad", wrong))).code).toBe(FLB_ERROR);
  const { status, stderr } = await host.end();
  expect(status, stderr).toBe(0);
});

it("the host ends cleanly without a flush, and without an init", async () => {
  const opened = await streams.host();
  await opened.open(optionsOf());
  expect((await opened.end()).status).toBe(0);
  expect((await (await streams.host()).end()).status).toBe(0);
});

it("an exit of an instance that failed to initialise closes no other", async () => {
  const host = await streams.host();
  const good = await host.open(optionsOf());
  const { instance: bad, code } = await host.init(optionsOf("bad", wrong));
  expect(code).toBe(FLB_ERROR);
  expect(await host.exitAgain(bad)).toBe(FLB_OK);
  expect(await host.flush(good, event)).toBe(FLB_OK);
  expect(kinesis.taken.map(jsonOf)).toEqual([{ log: "a line", "dotted.key": 1 }]);
});

it("a second exit does nothing", async () => {
  const host = await streams.host();
  const [leaving, staying] = [await host.open(optionsOf()), await host.open(optionsOf())];
  expect(await host.exit(leaving)).toBe(FLB_OK);
  expect(await host.exitAgain(leaving)).toBe(FLB_OK);
  expect(await host.flush(staying, event)).toBe(FLB_OK);
  expect(await host.exit(staying)).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
});

it("flushes of an instance that has just exited get retry", async () => {
  const host = await streams.host();
  const instance = await host.open(optionsOf());
  kinesis.mood = "hold";
  const held = await host.start(instance, event);
  await kinesis.untilRequested(1);
  expect(await host.exitAgain(instance)).toBe(FLB_OK);
  expect(await host.replyOf(held)).toBe(FLB_RETRY);
  expect(await host.flush(instance, event)).toBe(FLB_RETRY);
});
