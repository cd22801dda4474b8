// Tests which records share an aggregate: size limits, partition keys, explicit hash keys, order.
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

/** Returns the entries of these records; random keys are "random 0", "random 1" and so on. */
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

/** Returns the content of an entry, as "aggregate: a, b" or "alone: a". */
function contents(entry: EntryView): string {
  if (!isAggregate(entry.data)) return `alone: ${Buffer.from(entry.data).toString()}`;
  return `aggregate: ${parseAggregate(entry.data).records.map(({ data }) => Buffer.from(data).toString()).join(", ")}`;
}

function hashOf(key: string): string {
  return BigInt(`0x${createHash("md5").update(key).digest("hex")}`).toString();
}

describe("partition keys of an aggregate", () => {
  const inputs: Input[] = [["1", "zebra"], ["2", "ant"], ["3", "zebra"], ["4"], ["5", "bee"], ["6", "ant"]];

  it("route it by the key of its first record", () => {
    expect(only(aggregate(wide, inputs)).partitionKey).toBe("zebra");
  });

  it("are in its table in order of arrival, each once", () => {
    const parsed = parseAggregate(only(aggregate(wide, inputs)).data);
    expect(parsed.partition_key_table).toEqual(["zebra", "ant", "bee"]);
    expect(parsed.records.map((record) => record.partition_key_index)).toEqual([0, 1, 0, 0, 2, 1]);
  });

  it("other than the first carry the first key's MD5 as explicit hash key", () => {
    const parsed = parseAggregate(only(aggregate(wide, inputs)).data);
    expect(parsed.explicit_hash_key_table).toEqual([hashOf("zebra")]);
    expect(parsed.records.map((record) => record.explicit_hash_key_index)).toEqual([
      undefined, 0, undefined, undefined, 0, 0,
    ]);
  });

  it("with an MD5 that begins with zeros yield a shorter explicit hash key", () => {
    const first = Array.from({ length: 10_000 }, (_, index) => `key ${index}`).find((key) =>
      createHash("md5").update(key).digest("hex").startsWith("000"),
    ) as string;
    const parsed = parseAggregate(only(aggregate(wide, [["1", first], ["2", "other"]])).data);
    expect(parsed.explicit_hash_key_table).toEqual([hashOf(first)]);
  });

  it("that are all equal need no explicit hash key", () => {
    const parsed = parseAggregate(only(aggregate(wide, [["1", "a"], ["2", "a"]])).data);
    expect(parsed.explicit_hash_key_table).toEqual([]);
  });

  it("are returned by AWS's deaggregation, keys other than the first with their explicit hash key", () => {
    const entry = only(aggregate(wide, inputs));
    const { data } = entry;
    const partitionKey = keyOf(entry);
    const users = deaggregate({ shardId: "shard", partitionKey, sequenceNumber: "1", data });
    expect(users.map((user) => user.partitionKey)).toEqual(["zebra", "ant", "zebra", "zebra", "bee", "ant"]);
    for (const index of [1, 4, 5]) expect(users[index]?.explicitHashKey).toBe(hashOf("zebra"));
  });

  it("are one random key when no record has a key", () => {
    const entry = only(aggregate(wide, [["1"], ["2"], ["3"]]));
    expect(entry.partitionKey).toBe("random 0");
    expect(parseAggregate(entry.data).partition_key_table).toEqual(["random 0"]);
  });

  it("are the aggregate's first key for records without a key", () => {
    const parsed = parseAggregate(only(aggregate(wide, [["1", "zebra"], ["2", "ant"], ["3"], ["4"]])).data);
    expect(parsed.records.map((record) => record.partition_key_index)).toEqual([0, 1, 0, 0]);
  });

  it("are a new random key for each aggregate of records without keys", () => {
    const entries = aggregate({ maximumRecordBytes: 1024, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte }, [
      ["a".repeat(600)], ["b".repeat(600)],
    ]);
    expect(new Set(entries.map(({ partitionKey }) => partitionKey)).size).toBe(2);
    for (const { data, partitionKey } of entries) {
      expect(parseAggregate(data).partition_key_table).toEqual([partitionKey]);
    }
  });

  it("other than the first may be empty texts", () => {
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
  ])("stays below a maximumRecordBytes of %i: %i entries", (maximumRecordBytes, entries) => {
    expect(aggregate({ maximumRecordBytes, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte }, keyedTwo)).toHaveLength(entries);
  });

  it.each([
    [-1, "alone: data"],
    [0, "alone: data"],
    [1, "aggregate: data"],
  ])("of a single record against a maximumRecordBytes %i bytes above it: %s", (more, found) => {
    const single: Input[] = [["data", "key"]];
    const maximumRecordBytes = only(aggregate(wide, single)).data.length + more;
    expect(contents(only(aggregate({ maximumRecordBytes, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte }, single)))).toBe(found);
  });

  it.each(["k", "k".repeat(256), "\u{1f511}".repeat(256)])(
    "with its routing key is at most 1 MiB (key %#)",
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

  it("stays within 1 MiB at the default limits with a long routing key", () => {
    const key = "\u{1f511}".repeat(256);
    const inputs: Input[] = Array.from({ length: 300 }, () => [Buffer.alloc(10_000), key]);
    const entries = aggregate({ maximumRecordBytes: mebibyte, skipRecordBytes: 20 * 1024, serviceRecordBytes: mebibyte }, inputs);
    for (const { data, sizeBytes } of entries) {
      expect(sizeBytes).toBe(data.length + 1024);
      expect(sizeBytes).toBeLessThanOrEqual(mebibyte);
    }
    expect(entries.length).toBeLessThan(4);
  });

  it("includes the routing key's bytes, not its characters", () => {
    const entry = only(aggregate(wide, [["data", "ü"]]));
    expect(entry.sizeBytes).toBe(entry.data.length + 2);
  });
});

describe("a large record", () => {
  it.each([
    [19, "aggregate: "],
    [20, "alone: "],
    [21, "alone: "],
  ])("of %i bytes is sent, with a skipRecordBytes of 20, as %s", (length, found) => {
    const entry = only(aggregate({ maximumRecordBytes: mebibyte, skipRecordBytes: 20, serviceRecordBytes: mebibyte }, [["x".repeat(length), "k"]]));
    expect(contents(entry)).toBe(found + "x".repeat(length));
    expect(entry.partitionKey).toBe("k");
  });

  const limits = { maximumRecordBytes: mebibyte, skipRecordBytes: 10, serviceRecordBytes: mebibyte };

  it("is sent after the open aggregate of its key, so that the key's order is kept", () => {
    const entries = aggregate(limits, [["a1", "a"], ["b1", "b"], ["b2 is large", "b"], ["b3", "b"]]);
    expect(entries.map(contents)).toEqual(["aggregate: a1, b1", "alone: b2 is large", "aggregate: b3"]);
  });

  it("leaves an aggregate of other keys open", () => {
    const entries = aggregate(limits, [["a1", "a"], ["b1 is large", "b"], ["a2", "a"]]);
    expect(entries.map(contents)).toEqual(["alone: b1 is large", "aggregate: a1, a2"]);
  });

  it("without a partition key gets its own random key", () => {
    const [large] = aggregate(limits, [["small"], ["this is large"]]);
    expect(large).toMatchObject({ partitionKey: "random 1", sizeBytes: 13 + 8, events: [1] });
  });
});

describe("an entry", () => {
  it("lists its events", () => {
    expect(only(aggregate(wide, [["1"], ["2"], ["3"]])).events).toEqual([0, 1, 2]);
  });

  it("is not made when there are no records", () => {
    expect(aggregate(wide, [])).toEqual([]);
  });
});
