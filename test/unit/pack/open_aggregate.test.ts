// Tests when an aggregate is full, to the byte, and that it is empty after take.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { subRecordBytes, tableEntryBytes } from "../../../src/pack/aggregated_record.js";
import { OpenAggregate, type AggregateLimits } from "../../../src/pack/open_aggregate.js";
import { EntryTable, type EntryView } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { parseAggregate } from "../../support/kpl_aggregate.js";
import { appended } from "../../support/sink_records.js";

const roomy: AggregateLimits = { maximumRecordBytes: 10_000, serviceRecordBytes: 20_000 };
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();

type Input = readonly [data: string, key: string];

/** An aggregate, the sink of its records, and a function that takes its entry. */
interface Opened {
  readonly aggregate: OpenAggregate;
  readonly sink: ByteSink;
  readonly take: () => EntryView | undefined;
}

function open(limits: Partial<AggregateLimits> = {}, shardId?: string): Opened {
  const sink = new ByteSink();
  const table = new EntryTable(sink);
  const aggregate = new OpenAggregate({ ...roomy, ...limits }, md5, table, shardId);
  const take = () => {
    const entry = aggregate.take();
    return entry === undefined ? undefined : table.view(entry);
  };
  return { aggregate, sink, take };
}

/** Adds these records, and returns for each whether it fitted. */
function add({ aggregate, sink }: Opened, ...inputs: readonly Input[]): boolean[] {
  return inputs.map(([data, key], event) => aggregate.tryAdd(...appended(sink, data), key, event));
}

function sizeOf(...inputs: readonly Input[]): number {
  const opened = open();
  add(opened, ...inputs);
  return opened.take()?.data.length ?? 0;
}

const explicitHashKey = BigInt(`0x${createHash("md5").update("first").digest("hex")}`).toString();

describe("maximumRecordBytes", () => {
  const cases: [string, Input[]][] = [
    ["one key", [["one", "first"], ["two", "first"]]],
    ["a second key", [["one", "first"], ["two", "other"]]],
    ["a third key", [["one", "first"], ["two", "other"], ["three", "third"]]],
    ["a key of many bytes", [["one", "first"], ["two", "\u{1f511}".repeat(256)]]],
    ["data with a length of two bytes", [["one", "first"], ["x".repeat(128), "first"]]],
  ];

  it.each(cases)("is a size that no aggregate reaches (%s)", (_, inputs) => {
    const size = sizeOf(...inputs);
    const last = (maximumRecordBytes: number) => add(open({ maximumRecordBytes }), ...inputs).at(-1);
    expect([size - 1, size, size + 1].map(last)).toEqual([false, false, true]);
  });

  it("does not count the routing key", () => {
    const key = "k".repeat(200);
    const size = sizeOf(["one", key]);
    expect(add(open({ maximumRecordBytes: size + 1 }), ["one", key])).toEqual([true]);
  });
});

describe("serviceRecordBytes", () => {
  it.each([
    ["k", "k"],
    ["first", "other"],
    ["\u{1f511}".repeat(256), "other"],
  ])("is not exceeded by an aggregate with its routing key (%#)", (first, second) => {
    const inputs: Input[] = [["one", first], ["two", second]];
    const size = sizeOf(...inputs) + Buffer.byteLength(first);
    const last = (serviceRecordBytes: number) => add(open({ serviceRecordBytes }), ...inputs).at(-1);
    expect([size - 1, size, size + 1].map(last)).toEqual([false, true, true]);
  });

  it("includes the key of the first record", () => {
    const key = "ü".repeat(10);
    const size = sizeOf(["one", key]) + 20;
    const first = (serviceRecordBytes: number) => add(open({ serviceRecordBytes }), ["one", key]).at(0);
    expect([size - 1, size].map(first)).toEqual([false, true]);
  });

  it("and maximumRecordBytes both apply, whichever comes first", () => {
    const size = sizeOf(["one", "first"]);
    const fits = (limits: AggregateLimits) => add(open(limits), ["one", "first"]).at(0);
    expect(fits({ maximumRecordBytes: size + 1, serviceRecordBytes: size + 5 })).toBe(true);
    expect(fits({ maximumRecordBytes: size, serviceRecordBytes: size + 5 })).toBe(false);
    expect(fits({ maximumRecordBytes: size + 1, serviceRecordBytes: size + 4 })).toBe(false);
  });
});

describe("an explicit hash key", () => {
  it("adds to the size of the first record with another key, and of no other", () => {
    const grown = (inputs: Input[]) => sizeOf(...inputs) - sizeOf(...inputs.slice(0, -1));
    const table = tableEntryBytes("other".length);
    const inputs: Input[] = [["one", "first"], ["two", "other"], ["two", "third"], ["two", "other"]];
    expect(grown(inputs.slice(0, 2))).toBe(table + tableEntryBytes(explicitHashKey.length) + subRecordBytes(3, 1));
    expect(grown(inputs.slice(0, 3))).toBe(table + subRecordBytes(3, 2));
    expect(grown(inputs)).toBe(subRecordBytes(3, 1));
  });

  it("of a record that did not fit is not in the entry", () => {
    const inputs: Input[] = [["one", "first"], ["two", "other"]];
    const opened = open({ maximumRecordBytes: sizeOf(...inputs) });
    const { aggregate, take } = opened;
    expect(add(opened, ...inputs, ["two", "first"])).toEqual([true, false, true]);
    const parsed = parseAggregate(take()?.data ?? new Uint8Array());
    expect(parsed.explicit_hash_key_table).toEqual([]);
    expect(parsed.partition_key_table).toEqual(["first"]);
    expect(aggregate.has("other")).toBe(false);
  });
});

describe("take of an aggregate", () => {
  it("returns undefined when it is empty", () => {
    expect(open().take()).toBeUndefined();
  });

  it("returns the entry, with its size, its events and its shard", () => {
    const { aggregate, sink, take } = open({}, "shard 7");
    for (const [event, key] of [[3, "ü"], [4, "b"], [9, "ü"]] as const) aggregate.tryAdd(...appended(sink, "x"), key, event);
    const entry = take();
    expect(entry).toMatchObject({ partitionKey: "ü", events: [3, 4, 9], shardId: "shard 7" });
    expect(entry?.sizeBytes).toBe((entry?.data.length ?? 0) + 2);
  });

  it("empties it: the next entry has nothing of the last, in content or size", () => {
    const inputs: Input[] = [["one", "first"], ["two", "other"]];
    const opened = open({ maximumRecordBytes: sizeOf(...inputs) + 1 });
    const { aggregate, take } = opened;
    expect(add(opened, ...inputs)).toEqual([true, true]);
    const first = take();
    expect(aggregate.firstKey).toBeUndefined();
    expect([aggregate.has("first"), aggregate.has("other")]).toEqual([false, false]);
    expect(take()).toBeUndefined();
    expect(add(opened, ...inputs)).toEqual([true, true]);
    const second = take();
    expect(second?.data).toEqual(first?.data);
    expect(second).toMatchObject({ partitionKey: "first", sizeBytes: first?.sizeBytes, events: [0, 1] });
    expect(first?.events).toEqual([0, 1]);
  });

  it("gives the next aggregate the room that its own routing key leaves", () => {
    const key = "k".repeat(200);
    const next: Input[] = [["one", key], ["two", key]];
    const size = sizeOf(...next) + 200;
    const second = (serviceRecordBytes: number) => {
      const opened = open({ serviceRecordBytes });
      add(opened, ["one", "k"]);
      opened.take();
      return add(opened, ...next);
    };
    expect([size - 1, size].map(second)).toEqual([[true, false], [true, true]]);
  });

  it("appends to the sink, and does not change earlier bytes", () => {
    const opened = open();
    add(opened, ["one", "first"], ["two", "other"]);
    const { sink, take } = opened;
    const entry = take();
    expect(entry?.data).toEqual(sink.bytes.subarray(6, sink.length));
    expect(Buffer.from(sink.bytes.subarray(0, 6)).toString()).toBe("onetwo");
  });

  it("finds the records after the sink has grown", () => {
    const opened = open({ maximumRecordBytes: 200_000, serviceRecordBytes: 200_000 });
    const { sink, take } = opened;
    const [data, size] = ["x".repeat(1000), sink.capacity];
    for (let event = 0; event < 100; event++) add(opened, [`${event};${data}`, "key"]);
    const { records } = parseAggregate(take()?.data ?? new Uint8Array());
    expect(sink.capacity).toBeGreaterThan(size);
    expect(records).toHaveLength(100);
    records.forEach((record, event) => expect(Buffer.from(record.data).toString()).toBe(`${event};${data}`));
  });

  it("keeps alternating keys apart, also around a record that did not fit", () => {
    const inputs: Input[] = [["1", "a"], ["2", "b"], ["3", "a"], ["4", "b"], ["5", "b"], ["6", "a"]];
    const opened = open({ maximumRecordBytes: sizeOf(...inputs) + 1 });
    const refused: Input = ["x".repeat(1000), "c"];
    expect(inputs.flatMap((input) => add(opened, input, refused))).toEqual(inputs.flatMap(() => [true, false]));
    const { records } = parseAggregate(opened.take()?.data ?? new Uint8Array());
    expect(records.map((record) => record.partition_key_index)).toEqual([0, 1, 0, 1, 1, 0]);
  });

  it("makes the next first key the routing key and the source of explicit hash keys", () => {
    const opened = open();
    const { aggregate, take } = opened;
    add(opened, ["one", "other"], ["two", "third"]);
    take();
    add(opened, ["one", "first"], ["two", "other"]);
    expect(aggregate.firstKey).toBe("first");
    const entry = take();
    const parsed = parseAggregate(entry?.data ?? new Uint8Array());
    expect(entry?.partitionKey).toBe("first");
    expect(parsed.explicit_hash_key_table).toEqual([explicitHashKey]);
  });
});
