// Tests aggregation by shard: which records share an aggregate, and when aggregates are closed.
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { Aggregator, type AggregationLimits } from "../../../src/pack/aggregator.js";
import { hashKeyOf, ShardMap } from "../../../src/pack/shard_map.js";
import { EntryTable, type EntryView } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { isAggregate, parseAggregate } from "../../support/kpl_aggregate.js";
import { appended } from "../../support/sink_records.js";
import { allViewsOf } from "../../support/entry.js";

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();
const half = 1n << 127n;
const halves = new ShardMap([
  { id: "low", startingHashKey: 0n, endingHashKey: half - 1n },
  { id: "high", startingHashKey: half, endingHashKey: (1n << 128n) - 1n },
]);
const limits: AggregationLimits = { maximumRecordBytes: 400, skipRecordBytes: 100, serviceRecordBytes: 10_000 };

const hashOf = (key: string) => hashKeyOf(md5(Buffer.from(key)));
const candidates = Array.from({ length: 100 }, (_, n) => `key ${n}`);
const [low1 = "", low2 = "", low3 = ""] = candidates.filter((key) => hashOf(key) < half);
const [high1 = "", high2 = ""] = candidates.filter((key) => hashOf(key) >= half);

type Input = readonly [data: string, partitionKey?: string];

function aggregate(inputs: readonly Input[], shardMap = halves, randomKey = () => low3): EntryView[] {
  const sink = new ByteSink();
  const table = new EntryTable(sink);
  const aggregator = new Aggregator(limits, { randomKey, md5, shardMap, table });
  inputs.forEach(([data, key], event) => aggregator.add(...appended(sink, data), key, event));
  aggregator.close();
  return allViewsOf(table);
}

/** Returns the shard and the texts of an entry, as "low: a b" or "low, alone: a". */
function shown({ data, shardId }: EntryView): string {
  if (!isAggregate(data)) return `${shardId}, alone: ${Buffer.from(data).toString()}`;
  return `${shardId}: ${parseAggregate(data).records.map((record) => Buffer.from(record.data).toString()).join(" ")}`;
}

describe("with a shard map", () => {
  it("keys of one shard share an aggregate, and keys of different shards do not", () => {
    const inputs: Input[] = [["a", low1], ["b", high1], ["c", low2], ["d", high2], ["e", low1]];
    expect(aggregate(inputs).map(shown)).toEqual(["low: a c e", "high: b d"]);
  });

  it("the first key of a shard routes that shard's aggregate", () => {
    const entries = aggregate([["a", low2], ["b", high2], ["c", low1], ["d", high1]]);
    expect(entries.map(({ partitionKey }) => partitionKey)).toEqual([low2, high2]);
  });

  it("other keys of a shard carry the explicit hash key of the shard's first key", () => {
    const [entry] = aggregate([["a", low1], ["b", high1], ["c", low2]]);
    const parsed = parseAggregate(entry?.data ?? new Uint8Array());
    expect(parsed.partition_key_table).toEqual([low1, low2]);
    expect(parsed.explicit_hash_key_table).toEqual([hashOf(low1).toString()]);
    expect(parsed.records.map((record) => record.explicit_hash_key_index)).toEqual([undefined, 0]);
  });

  it("each entry lists its events and its shard", () => {
    const entries = aggregate([["a", low1], ["b", high1], ["c", low2], ["x".repeat(100), high2]]);
    expect(entries.map(({ shardId, events }) => [shardId, events])).toEqual([["high", [3]], ["low", [0, 2]], ["high", [1]]]);
  });

  it("records without a key join the latest aggregate, of any shard", () => {
    expect(aggregate([["a", low1], ["b", high1], ["c"], ["d", low1], ["e"]]).map(shown)).toEqual(["low: a d e", "high: b c"]);
  });

  it("a first record without a key goes to the shard of its random key", () => {
    expect(aggregate([["a"], ["b"], ["c", low1], ["d", high1]]).map(shown)).toEqual(["low: a b c", "high: d"]);
  });

  it("a full aggregate is closed while the other shard's stays open", () => {
    const long = (letter: string) => letter.repeat(99);
    const inputs: Input[] = [
      ["h1", high1], [long("a"), low1], [long("b"), low1], [long("c"), low1], [long("d"), low1], ["h2", high1],
    ];
    expect(aggregate(inputs).map(shown)).toEqual([
      `low: ${long("a")} ${long("b")} ${long("c")}`, "high: h1 h2", `low: ${long("d")}`,
    ]);
  });

  it("a large record closes its own shard's aggregate if that has its key, and no other aggregate", () => {
    const large = "x".repeat(100);
    const inputs: Input[] = [["a", low1], ["b", high1], [large, low1], ["c", low1], ["d", high1]];
    expect(aggregate(inputs).map(shown)).toEqual(["low: a", `low, alone: ${large}`, "low: c", "high: b d"]);
  });

  it("a large record whose key is in no open aggregate closes none", () => {
    const large = "x".repeat(100);
    expect(aggregate([["a", low1], [large, low2], ["b", low1]]).map(shown)).toEqual([`low, alone: ${large}`, "low: a b"]);
  });

  it("the records of each key keep their order, also around large records", () => {
    const keys = [low1, high1, low2, high2];
    const inputs = Array.from({ length: 400 }, (_, n): Input => {
      return [`${n};`.padEnd(n % 7 === 0 ? 120 : 20 + (n % 60), "."), keys[(n * n) % 4] as string];
    });
    const found = new Map<string, number[]>();
    for (const entry of aggregate(inputs)) {
      for (const event of entry.events) {
        const key = inputs[event]?.[1] ?? "";
        found.set(key, [...(found.get(key) ?? []), event]);
      }
    }
    for (const events of found.values()) expect(events).toEqual([...events].sort((a, b) => a - b));
    expect([...found.values()].flat()).toHaveLength(400);
  });

  it("keys in a gap of the map share an aggregate without a shard", () => {
    const gap = new ShardMap([{ id: "low", startingHashKey: 0n, endingHashKey: half - 1n }]);
    expect(aggregate([["a", high1], ["b", low1], ["c", high2]], gap).map(shown)).toEqual(["undefined: a c", "low: b"]);
  });

  it("a key's MD5 is computed once for all its records", () => {
    let digests = 0;
    const counting = (bytes: Uint8Array) => {
      digests++;
      return md5(bytes);
    };
    const sink = new ByteSink();
    const dependencies = { randomKey: () => "", md5: counting, shardMap: halves, table: new EntryTable(sink) };
    const aggregator = new Aggregator({ ...limits, maximumRecordBytes: 9_000 }, dependencies);
    for (let event = 0; event < 50; event++) aggregator.add(...appended(sink, "x"), low1, event);
    expect(digests).toBe(1);
  });
});

it("an Aggregator looks up no partition key that V8 would hash as a number", () => {
  const lookUp = vi.spyOn(Map.prototype, "get");
  aggregate([["a", "4096"], ["b", "8192"], ["c", "4096"]]);
  const asked = lookUp.mock.calls.flatMap(([key]: unknown[]) => (typeof key === "string" ? [key] : []));
  lookUp.mockRestore();
  expect(asked.filter((key) => key.endsWith("4096")).length).toBeGreaterThan(2);
  for (const key of asked) expect(key).toMatch(/^\D/);
});
