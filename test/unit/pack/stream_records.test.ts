// Tests that records of several streams become aggregates of one stream each.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { EntryTable } from "../../../src/pack/entry_table.js";
import { ShardMap } from "../../../src/pack/shard_map.js";
import { groupByStream } from "../../../src/pack/stream_groups.js";
import { StreamRecords } from "../../../src/pack/stream_records.js";
import { allViewsOf, entryOf, tableOf, viewsOf } from "../../support/entry.js";
import { parseAggregate } from "../../support/kpl_aggregate.js";

const limits = { maximumRecordBytes: 1_048_576, serviceRecordBytes: 1_048_576, skipRecordBytes: 100 };
const whole = new ShardMap([{ id: "shard", startingHashKey: 0n, endingHashKey: (1n << 128n) - 1n }]);

function gather(...given: readonly (readonly [stream: string | undefined, text: string, key: string | undefined])[]) {
  const sink = new ByteSink(10_000);
  const records = new StreamRecords();
  for (const [event, [stream, text, key]] of given.entries()) {
    const start = sink.length;
    sink.append(Buffer.from(text));
    records.add(stream, start, sink.length, key, event);
  }
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();
  return { records, aggregate: (shardMapOf: (stream: string | undefined) => ShardMap | undefined) => {
    const table = new EntryTable(sink);
    records.aggregate(limits, { randomKey: () => "random", md5, table }, shardMapOf);
    return allViewsOf(table);
  } };
}

describe("gathered records", () => {
  it("become one aggregate per stream, in their order, with their events", () => {
    const { records, aggregate } = gather(["a", "a1", "k"], [undefined, "-1", "k"], ["a", "a2", "l"], ["b", "b1", "k"], [undefined, "-2", "k"]);
    expect(records.streams).toEqual(["a", undefined, "b"]);
    const entries = aggregate(() => undefined);
    expect(entries.map(({ stream, events, shardId }) => [stream, events, shardId])).toEqual([["a", [0, 2], undefined], [undefined, [1, 4], undefined], ["b", [3], undefined]]);
    const texts = entries.map(({ data }) => parseAggregate(data).records.map((record) => Buffer.from(record.data).toString()));
    expect(texts).toEqual([["a1", "a2"], ["-1", "-2"], ["b1"]]);
  });

  it("are aggregated by the shards of their own stream", () => {
    const { aggregate } = gather(["a", "a1", "k"], ["b", "b1", "k"]);
    expect(aggregate((stream) => (stream === "a" ? whole : undefined)).map(({ stream, shardId }) => [stream, shardId])).toEqual([["a", "shard"], ["b", undefined]]);
  });

  it("that are too large for an aggregate are sent alone to their stream", () => {
    const { aggregate } = gather(["a", "x".repeat(100), "k"], [undefined, "y".repeat(100), undefined], ["a", "x".repeat(99), "k"]);
    expect(aggregate(() => undefined).map(({ stream, events }) => [stream, events])).toEqual([["a", [0]], ["a", [2]], [undefined, [1]]]);
  });
});

it("groupByStream keeps the order of each stream's entries when streams alternate", () => {
  const all = ["a", "b", "a", undefined, undefined, "b", "a"].map((stream, event) => entryOf({ events: event, stream }));
  const [table, entries] = tableOf(all);
  const groups = [...groupByStream(table, entries)].map(([stream, grouped]) => [stream, viewsOf(table, grouped).flatMap(({ events }) => events)]);
  expect(groups).toEqual([["a", [0, 2, 6]], ["b", [1, 5]], [undefined, [3, 4]]]);
  expect([...groupByStream(table, [])]).toEqual([]);
});
