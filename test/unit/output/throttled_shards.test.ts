// A hot shard that gets more records than it accepts: its records wait, in order, while those of other shards go on.
import { describe, expect, it } from "vitest";
import { CountedMetrics } from "../../support/counted_metrics.js";
import { chunkOf } from "../../support/event_chunk.js";
import { HeldClock } from "../../support/fake_clock.js";
import { evenShards, keysOfShard, LimitedShards } from "../../support/limited_shards.js";
import { scriptedInstance } from "../../support/scripted_instance.js";

const shards = evenShards(4);
const [hotShard, ...coldShards] = shards.map(({ id }) => id);
interface Scenario {
  readonly options?: Readonly<Record<string, string>>;
  /** Whether kinesis:ListShards is allowed. */
  readonly isListed?: boolean;
  readonly md5Ready?: () => Promise<void>;
  readonly hotKeys?: number;
  /** Records per chunk for the hot shard, and for all other shards together. */
  readonly hotRecords?: number;
  readonly coldRecords?: number;
  readonly chunks?: number;
  readonly recordsPerSecond?: number;
}

/** Flushes a chunk every half second, until all are delivered. */
async function play({ options = {}, isListed = true, md5Ready, hotKeys = 5, hotRecords = 1000, coldRecords = 300, chunks = 10, recordsPerSecond = 1000 }: Scenario) {
  const clock = new HeldClock();
  const stream = new LimitedShards({ shards, recordsPerSecond, latencyMs: 20 }, clock);
  const metrics = new CountedMetrics();
  const { flush, client, log } = scriptedInstance({ options: { partition_key: "key", log_key: "log", ...options }, clock, metrics, ...(md5Ready && { md5Ready }), afterwards: stream.answer });
  if (isListed) client.shards = shards;
  const hot = keysOfShard(shards, hotShard as string, hotKeys);
  const cold = coldShards.flatMap((shard) => keysOfShard(shards, shard, 5));
  const flushedMs = new Map<string, number>();
  const replies: Promise<string>[] = [];
  let over = 0;
  for (let chunk = 0; over < chunks; chunk++) {
    if (chunk < chunks) {
      const records = Array.from({ length: hotRecords + coldRecords }, (_, n) => {
        const isCold = Math.floor((n * coldRecords) / (hotRecords + coldRecords)) !== Math.floor(((n + 1) * coldRecords) / (hotRecords + coldRecords));
        const keys = isCold ? cold : hot;
        const key = keys[n % keys.length] as string;
        return { key, log: `${key};${chunk};${n}` };
      });
      for (const { log: text } of records) flushedMs.set(text, clock.now());
      const reply = flush(chunkOf(records));
      void reply.then(() => over++);
      replies.push(reply);
    }
    await clock.advance(500);
    expect(chunk, "half seconds until all is delivered").toBeLessThan(120);
  }
  const delaysOf = (isHot: boolean) => {
    return stream.taken.filter(({ shard }) => (shard === hotShard) === isHot).map(({ text, atMs }) => atMs - (flushedMs.get(text) ?? 0)).sort((a, b) => a - b);
  };
  const sentHot = client.requests.flat().filter(({ partitionKey }) => hot.includes(partitionKey ?? "")).length;
  return { stream, client, log, metrics, replies: await Promise.all(replies), texts: [...flushedMs.keys()], cold: delaysOf(false), hot: delaysOf(true), sentHot, seconds: clock.now() / 1000 };
}

/** Returns the records of each key, in the order in which the stream accepted them. */
function byKey({ taken }: LimitedShards): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { text } of taken) {
    const [key = ""] = text.split(";");
    found.set(key, [...(found.get(key) ?? []), text]);
  }
  return found;
}

describe("a shard that gets twice what it accepts", () => {
  it.each([
    ["few keys", {}],
    ["thousands of keys", { hotKeys: 3000 }],
  ] as const)("of %s delays only its own records, and those of other shards arrive immediately", async (_, scenario) => {
    const { cold, hot, replies, stream, texts } = await play(scenario);
    expect(replies).toEqual(replies.map(() => "ok"));
    expect(stream.taken.map(({ text }) => text).sort()).toEqual([...texts].sort());
    expect(cold.at(-1), "ms until the last cold record of a chunk was taken").toBeLessThan(500);
    expect(hot.at(-1), "ms until the last hot record was taken").toBeGreaterThan(3000);
  });

  it("accepts records at nearly its full rate, and few of its records are sent in vain", async () => {
    const { hot, sentHot, seconds } = await play({});
    expect(hot).toHaveLength(10_000);
    expect(hot.length / (seconds - 1) / 1000, "share of the shard's rate").toBeGreaterThan(0.75);
    expect(sentHot / hot.length, "times that a hot record was sent").toBeLessThan(1.5);
  });

  it("reduces the requests to the stream at most once, before the shard list is loaded, but repeatedly without the list", async () => {
    const falls = ({ limits }: CountedMetrics) => limits.filter((limit, n) => limit < (limits[n - 1] ?? 0)).length;
    expect(falls((await play({})).metrics)).toBeLessThanOrEqual(1);
    expect(falls((await play({ isListed: false })).metrics)).toBeGreaterThan(2);
  });

  it("keeps the order of each key while throttled records are retried", async () => {
    const { stream } = await play({ hotRecords: 1000, chunks: 4 });
    for (const texts of byKey(stream).values()) expect(texts).toEqual([...texts].sort((a, b) => orderOf(a) - orderOf(b)));
  });

  it("causes one request for the shard list, at its first throttling and not before", async () => {
    expect((await play({ hotRecords: 10, chunks: 2 })).client.listings).toBe(0);
    expect((await play({ chunks: 4 })).client.listings).toBe(1);
  });

  it("delays all records when the shard list is refused, logs this once and loses nothing", async () => {
    const { client, log, stream, texts } = await play({ isListed: false, chunks: 4 });
    expect(stream.taken.map(({ text }) => text).sort()).toEqual([...texts].sort());
    expect(client.listings).toBeGreaterThan(0);
    expect(log.messages.filter(({ level, text }) => level !== "debug" && text.includes("ListShards")).map(({ text }) => text)).toEqual([expect.stringContaining("allow kinesis:ListShards on the stream, so that only records of that shard wait")]);
  });

  it("delays all records without MD5 to find the shards of keys, and requests no shard list", async () => {
    const { client, stream, texts } = await play({ md5Ready: () => Promise.reject(new Error("refused by policy")), chunks: 4 });
    expect(stream.taken.map(({ text }) => text).sort()).toEqual([...texts].sort());
    expect(client.listings).toBe(0);
  });

  it("delays only its own aggregates, and later chunks of the tag go on in parallel", async () => {
    const options = { aggregation: "true", aggregation_maximum_record_size: "1024", retry_timeout: "60" };
    const { cold, hot, stream, texts, replies } = await play({ options, hotRecords: 6000, coldRecords: 600, chunks: 4, recordsPerSecond: 100 });
    expect(replies).toEqual(replies.map(() => "ok"));
    expect(stream.taken.map(({ text }) => text).sort()).toEqual([...texts].sort());
    expect(cold.at(-1)).toBeLessThan(500);
    expect(hot.at(-1)).toBeGreaterThan(1000);
    for (const own of byKey(stream).values()) expect(own).toEqual([...own].sort((a, b) => orderOf(a) - orderOf(b)));
  });
});

function orderOf(text: string): number {
  const [, chunk = "", n = ""] = text.split(";");
  return 1_000_000 * Number(chunk) + Number(n);
}
