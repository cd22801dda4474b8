// Tests records that choose their streams (stream_key): each arrives in its own, and a failing stream does not delay others.
import { describe, expect, it, vi } from "vitest";
import { consume } from "../support/client_library.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK, FLB_RETRY } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();

interface Body {
  readonly n: number;
  readonly to: string;
  readonly key: string;
}

/** This many records, to these streams in turn. */
function bodiesTo(targets: readonly string[], count: number, first = 0): Body[] {
  return Array.from({ length: count }, (_, index) => {
    const n = first + index;
    return { n, to: targets[n % targets.length] ?? "", key: `key ${n % 7}` };
  });
}

async function numbersIn(stream: string): Promise<unknown[]> {
  return (await streams.kinesis.readAll(stream)).map((record) => jsonOf(record)["n"]);
}

function numbersFor(bodies: readonly Body[], stream: string): number[] {
  return bodies.filter(({ to }) => to === stream).map(({ n }) => n);
}

/** Checks that the sequence of each key is kept. */
async function expectOrder(stream: string): Promise<void> {
  const last = new Map<unknown, number>();
  for (const record of await streams.kinesis.readAll(stream)) {
    const { n, key } = jsonOf(record) as unknown as Body;
    expect(n).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, n);
  }
}

describe("records that choose their streams", () => {
  it("arrive each in its own, in the order of their keys, and in the output's own if they name none", async () => {
    const names = [await streams.newStream(2), await streams.newStream(), await streams.newStream()] as const;
    const [own] = names;
    const host = await streams.host();
    const instance = await host.open(streams.options(own, { stream_key: "to", partition_key: "key" }));
    const odd = [{ n: 9000, key: "k" }, { n: 9001, to: "no name!", key: "k" }, { n: 9002, to: "", key: "k" }, { n: 9003, to: { a: 1 }, key: "k" }];
    const bodies = bodiesTo(names, 600);
    expect(await host.flush(instance, chunkOf([...bodies, ...odd]))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    for (const stream of names) {
      const expected = [...numbersFor(bodies, stream), ...(stream === own ? odd.map(({ n }) => n) : [])];
      expect((await numbersIn(stream)).sort((a, b) => Number(a) - Number(b))).toEqual(expected);
      await expectOrder(stream);
    }
    expect(host.problems, "one message about those without a stream").toHaveLength(1);
    expect(host.problems[0]).toContain("stream_key");
    expect(host.problems[0]).not.toContain("no name!");
  });

  it("are chosen by the tag, and by the first of several keys that has a stream name", async () => {
    const [own, tagged] = [await streams.newStream(), await streams.newStream()];
    const host = await streams.host();
    const instance = await host.open(streams.options(own, { stream_key: "$kubernetes['stream'], $TAG[1]" }));
    expect(await host.flush(instance, chunkOf([{ n: 1 }, { n: 2, kubernetes: { stream: own } }]), `app.${tagged}.log`)).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(await numbersIn(tagged)).toEqual([1]);
    expect(await numbersIn(own)).toEqual([2]);
  });

  it("are aggregated separately, each stream by its own shards", async () => {
    const names = [await streams.newStream(3), await streams.newStream(2)] as const;
    const host = await streams.host();
    const instance = await host.open(streams.options(names[0], { stream_key: "to", partition_key: "key", aggregation: "true" }));
    const bodies = bodiesTo(names, 600);
    for (const part of [bodies.slice(0, 300), bodies.slice(300)]) expect(await host.flush(instance, chunkOf(part))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    for (const stream of names) {
      const found = consume(await streams.kinesis.readAll(stream), await streams.kinesis.shardRanges(stream));
      expect(found.dropped).toBe(0);
      const numbers = found.records.map((record) => Number(jsonOf(record)["n"]));
      expect([...numbers].sort((a, b) => a - b)).toEqual(numbersFor(bodies, stream));
      for (const key of new Set(bodies.map((body) => body.key))) {
        const ofKey = found.records.filter(({ partitionKey }) => partitionKey === key).map((record) => Number(jsonOf(record)["n"]));
        expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
      }
    }
  });
});

describe.each([
  ["", {}],
  [", with partition keys", { partition_key: "key" }],
  [", with aggregates", { partition_key: "key", aggregation: "true" }],
])("a stream that fails%s", (_, others) => {
  it("because it does not exist delays no other, and only its records are retried", async () => {
    const names = [await streams.newStream(), await streams.newStream()] as const;
    const missing = `${names[0]}-missing`;
    const front = await streams.front();
    const host = await streams.host();
    const instance = await host.open(streams.options(names[0], { stream_key: "to", endpoint: front.endpoint, ...others }));
    const bodies = bodiesTo([...names, missing], 300);
    const chunk = chunkOf(bodies);
    for (let tries = 0; tries < 3; tries++) expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
    for (const stream of names) expect(front.requestsFor(stream), "one request, when the chunk came first").toHaveLength(1);
    expect(front.requestsFor(missing).length).toBeGreaterThanOrEqual(3);
    const later = chunkOf(bodiesTo(names, 10, 900));
    expect(await host.flush(instance, later), "another chunk of the tag").toBe(FLB_OK);
    await streams.kinesis.createStream(missing);
    expect(await host.flush(instance, chunk)).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(host.problems.join("\n")).toMatch(new RegExp(`stream ${missing}: .*ResourceNotFoundException`));
    for (const stream of [...names, missing]) {
      const records = consume(await streams.kinesis.readAll(stream), await streams.kinesis.shardRanges(stream)).records;
      const numbers = records.map((record) => Number(jsonOf(record)["n"])).filter((n) => n < 900);
      expect(numbers.sort((a, b) => a - b)).toEqual(numbersFor(bodies, stream));
    }
  });

  it("because it is throttled delays no other, and only its records are retried", async () => {
    const names = [await streams.newStream(), await streams.newStream()] as const;
    const throttled = await streams.newStream();
    const front = await streams.front();
    front.throttled.add(throttled);
    const host = await streams.host();
    const instance = await host.open(streams.options(names[0], { stream_key: "to", endpoint: front.endpoint, retry_timeout: "4", ...others }));
    const bodies = bodiesTo([...names, throttled], 300);
    const chunk = chunkOf(bodies);
    const first = await host.start(instance, chunk);
    await vi.waitUntil(() => front.requestsFor(throttled).length > 0 && names.every((stream) => front.requestsFor(stream).length > 0), { timeout: 20_000 });
    expect(await host.flush(instance, chunkOf(bodiesTo(names, 10, 900))), "another chunk of the tag, while one is being retried").toBe(FLB_OK);
    expect(await host.replyOf(first)).toBe(FLB_RETRY);
    const before = front.requestsFor(throttled).length;
    expect(before, "retries within the flush").toBeGreaterThan(1);
    expect(await host.flush(instance, chunk)).toBe(FLB_RETRY);
    expect(front.requestsFor(throttled), "one round, since the chunk before was left").toHaveLength(before + 1);
    front.throttled.clear();
    expect(await host.flush(instance, chunk)).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    for (const stream of names) expect(front.requestsFor(stream), "one for each chunk").toHaveLength(2);
    for (const stream of [...names, throttled]) {
      const records = consume(await streams.kinesis.readAll(stream), await streams.kinesis.shardRanges(stream)).records;
      const numbers = records.map((record) => Number(jsonOf(record)["n"])).filter((n) => n < 900);
      expect(numbers.sort((a, b) => a - b)).toEqual(numbersFor(bodies, stream));
    }
  });
});
