// What falls into which aggregate: limits to the byte, partition keys, explicit hash keys, order.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Aggregator, type AggregationLimits } from "../../../src/pack/aggregator.js";
import type { ShardMap } from "../../../src/pack/shard_map.js";
import { EntryTable, type EntryView } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { deaggregate } from "../../support/deaggregate.js";
import { isAggregate, parseAggregate } from "../../support/kpl_aggregate.js";
import { allViewsOf, keyOf } from "../../support/entry.js";
import { appended } from "../../support/sink_records.js";

const mebibyte = 1024 * 1024;
const wide: AggregationLimits = { maximumRecordBytes: mebibyte, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte };

type Input = readonly [data: Uint8Array | string, partitionKey?: string];

/** The entries that come of these records; random keys are "random 0", "random 1" and so on. */
function aggregate(limits: AggregationLimits, inputs: readonly Input[], shardMap?: ShardMap): EntryView[] {
  let keys = 0;
  const randomKey = () => `random ${keys++}`;
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();
  const sink = new ByteSink();
  const table = new EntryTable(sink);
  const aggregator = new Aggregator(limits, { randomKey, md5, shardMap, table });
  inputs.forEach(([data, key], event) => aggregator.add(...appended(sink, data), key, event));
  aggregator.close();
  return allViewsOf(table);
}

function only(entries: readonly EntryView[]): EntryView {
  expect(entries).toHaveLength(1);
  return entries[0] as EntryView;
}

/** What an entry holds, as "aggregate: a, b" or "alone: a". */
function contents(entry: EntryView): string {
  if (!isAggregate(entry.data)) return `alone: ${Buffer.from(entry.data).toString()}`;
  return `aggregate: ${parseAggregate(entry.data).records.map(({ data }) => Buffer.from(data).toString()).join(", ")}`;
}

function hashOf(key: string): string {
  return BigInt(`0x${createHash("md5").update(key).digest("hex")}`).toString();
}

describe("partition keys", () => {
  const inputs: Input[] = [["1", "zebra"], ["2", "ant"], ["3", "zebra"], ["4"], ["5", "bee"], ["6", "ant"]];

  it("of the first record route the whole", () => {
    expect(only(aggregate(wide, inputs)).partitionKey).toBe("zebra");
  });

  it("stand in the table in the order in which they came, each once", () => {
    const parsed = parseAggregate(only(aggregate(wide, inputs)).data);
    expect(parsed.partition_key_table).toEqual(["zebra", "ant", "bee"]);
    expect(parsed.records.map((record) => record.partition_key_index)).toEqual([0, 1, 0, 0, 2, 1]);
  });

  it("other than the first come with the explicit hash key that the first one's MD5 makes", () => {
    const parsed = parseAggregate(only(aggregate(wide, inputs)).data);
    expect(parsed.explicit_hash_key_table).toEqual([hashOf("zebra")]);
    expect(parsed.records.map((record) => record.explicit_hash_key_index)).toEqual([
      undefined, 0, undefined, undefined, 0, 0,
    ]);
  });

  it("with an MD5 that begins with zeros make a shorter hash key", () => {
    const first = Array.from({ length: 10_000 }, (_, index) => `key ${index}`).find((key) =>
      createHash("md5").update(key).digest("hex").startsWith("000"),
    ) as string;
    const parsed = parseAggregate(only(aggregate(wide, [["1", first], ["2", "other"]])).data);
    expect(parsed.explicit_hash_key_table).toEqual([hashOf(first)]);
  });

  it("that are all the same need no explicit hash key", () => {
    const parsed = parseAggregate(only(aggregate(wide, [["1", "a"], ["2", "a"]])).data);
    expect(parsed.explicit_hash_key_table).toEqual([]);
  });

  it("are told apart by AWS's deaggregation, with the explicit hash key of those that have another", () => {
    const entry = only(aggregate(wide, inputs));
    const { data } = entry;
    const partitionKey = keyOf(entry);
    const users = deaggregate({ shardId: "shard", partitionKey, sequenceNumber: "1", data });
    expect(users.map((user) => user.partitionKey)).toEqual(["zebra", "ant", "zebra", "zebra", "bee", "ant"]);
    for (const index of [1, 4, 5]) expect(users[index]?.explicitHashKey).toBe(hashOf("zebra"));
  });

  it("are random for an aggregate of records without one, one key for all of them", () => {
    const entry = only(aggregate(wide, [["1"], ["2"], ["3"]]));
    expect(entry.partitionKey).toBe("random 0");
    expect(parseAggregate(entry.data).partition_key_table).toEqual(["random 0"]);
  });

  it("of records without one are the first of the aggregate that they fall into", () => {
    const parsed = parseAggregate(only(aggregate(wide, [["1", "zebra"], ["2", "ant"], ["3"], ["4"]])).data);
    expect(parsed.records.map((record) => record.partition_key_index)).toEqual([0, 1, 0, 0]);
  });

  it("are chosen anew for each aggregate of records without one", () => {
    const entries = aggregate({ maximumRecordBytes: 1024, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte }, [
      ["a".repeat(600)], ["b".repeat(600)],
    ]);
    expect(new Set(entries.map(({ partitionKey }) => partitionKey)).size).toBe(2);
    for (const { data, partitionKey } of entries) {
      expect(parseAggregate(data).partition_key_table).toEqual([partitionKey]);
    }
  });

  it("may be empty texts within the table of another", () => {
    const parsed = parseAggregate(only(aggregate(wide, [["1", "a"], ["2", ""]])).data);
    expect(parsed.partition_key_table).toEqual(["a", ""]);
  });
});

describe("the size of an aggregate", () => {
  const keyedTwo: Input[] = [["first", "a"], ["second", "b"]];
  const size = only(aggregate(wide, keyedTwo)).data.length;

  it.each([
    [size - 1, 2],
    [size, 2],
    [size + 1, 1],
  ])("stays below maximumRecordBytes of %i: %i entries", (maximumRecordBytes, entries) => {
    expect(aggregate({ maximumRecordBytes, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte }, keyedTwo)).toHaveLength(entries);
  });

  it.each([
    [-1, "alone: data"],
    [0, "alone: data"],
    [1, "aggregate: data"],
  ])("of a single record %i bytes past maximumRecordBytes: %s", (more, found) => {
    const single: Input[] = [["data", "key"]];
    const maximumRecordBytes = only(aggregate(wide, single)).data.length + more;
    expect(contents(only(aggregate({ maximumRecordBytes, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte }, single)))).toBe(found);
  });

  it.each(["k", "k".repeat(256), "\u{1f511}".repeat(256)])(
    "with its routing key goes up to 1 MiB and no further (key %#)",
    (key) => {
      const limits = { maximumRecordBytes: 2 * mebibyte, skipRecordBytes: 2 * mebibyte, serviceRecordBytes: mebibyte };
      const half: Input = [Buffer.alloc(mebibyte / 2), key];
      const spare = mebibyte - only(aggregate(limits, [half, [Buffer.alloc(500_000), key]])).sizeBytes;
      const exact = only(aggregate(limits, [half, [Buffer.alloc(500_000 + spare), key]]));
      expect(exact.data.length + Buffer.byteLength(key)).toBe(mebibyte);
      expect(aggregate(limits, [half, [Buffer.alloc(500_000 + spare + 1), key]])).toHaveLength(2);
      expect(aggregate(limits, [half, [Buffer.alloc(500_000 + spare - 1), key]])).toHaveLength(1);
    },
  );

  it("keeps within 1 MiB at the default limits, whatever the routing key's length", () => {
    const key = "\u{1f511}".repeat(256);
    const inputs: Input[] = Array.from({ length: 300 }, () => [Buffer.alloc(10_000), key]);
    const entries = aggregate({ maximumRecordBytes: mebibyte, skipRecordBytes: 20 * 1024, serviceRecordBytes: mebibyte }, inputs);
    for (const { data, sizeBytes } of entries) {
      expect(sizeBytes).toBe(data.length + 1024);
      expect(sizeBytes).toBeLessThanOrEqual(mebibyte);
    }
    expect(entries.length).toBeLessThan(4);
  });

  it("counts the routing key's bytes, not its characters", () => {
    const entry = only(aggregate(wide, [["data", "ü"]]));
    expect(entry.sizeBytes).toBe(entry.data.length + 2);
  });
});

describe("a large record", () => {
  it.each([
    [19, "aggregate: "],
    [20, "alone: "],
    [21, "alone: "],
  ])("of %i bytes at a skipRecordBytes of 20 goes out as %s", (length, found) => {
    const entry = only(aggregate({ maximumRecordBytes: mebibyte, skipRecordBytes: 20, serviceRecordBytes: mebibyte }, [["x".repeat(length), "k"]]));
    expect(contents(entry)).toBe(found + "x".repeat(length));
    expect(entry.partitionKey).toBe("k");
  });

  const limits = { maximumRecordBytes: mebibyte, skipRecordBytes: 10, serviceRecordBytes: mebibyte };

  it("sends what waits under its key before it, so that the key's order is kept", () => {
    const entries = aggregate(limits, [["a1", "a"], ["b1", "b"], ["b2 is large", "b"], ["b3", "b"]]);
    expect(entries.map(contents)).toEqual(["aggregate: a1, b1", "alone: b2 is large", "aggregate: b3"]);
  });

  it("leaves alone what waits under other keys", () => {
    const entries = aggregate(limits, [["a1", "a"], ["b1 is large", "b"], ["a2", "a"]]);
    expect(entries.map(contents)).toEqual(["alone: b1 is large", "aggregate: a1, a2"]);
  });

  it("without a key gets a random one of its own", () => {
    const [large] = aggregate(limits, [["small"], ["this is large"]]);
    expect(large).toMatchObject({ partitionKey: "random 1", sizeBytes: 13 + 8, events: [1] });
  });
});

describe("an entry", () => {
  it("tells which events it holds", () => {
    expect(only(aggregate(wide, [["1"], ["2"], ["3"]])).events).toEqual([0, 1, 2]);
  });

  it("is not made of nothing", () => {
    expect(aggregate(wide, [])).toEqual([]);
  });
});
