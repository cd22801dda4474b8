// Tests simple_aggregation: records of a partition key become lines of one entry, up to the limit of a record.
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { maxRecordBytes } from "../../../src/limits.js";
import { EntryTable, type EntryView } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { EventSet } from "../../../src/pack/event_set.js";
import { chunkOf } from "../../support/event_chunk.js";
import { isAggregate } from "../../support/kpl_aggregate.js";
import { packing } from "../../support/packed.js";
import { pipelineOf, runPipeline, textsOf, type PluginOptions } from "../../support/recorded_pipeline.js";
import { unpackSnappyBlock } from "../../support/snappy_block.js";
import { entryOf, tableOf, viewsOf } from "../../support/entry.js";

const joined: PluginOptions = { simple_aggregation: "true", log_key: "log" };
const lines = (...logs: readonly string[]) => chunkOf(logs.map((log) => ({ log })));
const eventsOf = ({ events }: EntryView) => events;
const randomKeyBytes = 8;

describe("joined records", () => {
  test("are lines of one entry, separated by newlines", () => {
    const run = runPipeline(joined, lines("a", "bc", "d"));
    expect(textsOf(run)).toEqual(["a\nbc\nd"]);
    expect(run.entries.map((entry) => [entry.partitionKey, entry.sizeBytes, entry.events])).toEqual([[undefined, 6 + randomKeyBytes, [0, 1, 2]]]);
  });

  test("each end with a newline with append_newline, as in Fluent Bit's own output", () => {
    expect(textsOf(runPipeline({ ...joined, append_newline: "true" }, lines("a", "bc")))).toEqual(["a\nbc\n"]);
    expect(textsOf(runPipeline({ simple_aggregation: "true", append_newline: "true" }, chunkOf([{ n: 1 }, { n: 2 }])))).toEqual(['{"n":1}\n{"n":2}\n']);
  });

  test("of a chunk with one event are the same as without joining", () => {
    const run = runPipeline(joined, lines("a"));
    expect(textsOf(run)).toEqual(["a"]);
    expect(run.entries.map(eventsOf)).toEqual([[0]]);
    expect(runPipeline(joined, new Uint8Array()).entries).toEqual([]);
  });

  test("do not include dropped records", () => {
    const run = runPipeline(joined, chunkOf([{ log: "a" }, { other: 1 }, { log: "" }, { log: "b" }]));
    expect(textsOf(run)).toEqual(["a\nb"]);
    expect(run.entries.map(eventsOf)).toEqual([[0, 3]]);
    expect(run.told).toEqual([["refused", "has no log_key"], ["refused", "is empty"]]);
  });

  test("of one partition key are together, in their order, with other keys between them", () => {
    const chunk = chunkOf(Array.from("abcab", (key, n) => ({ key, log: `${key}${n}` })));
    const run = runPipeline({ ...joined, partition_key: "key" }, chunk);
    expect(run.entries.map((entry, index) => [entry.partitionKey, textsOf(run)[index], entry.events])).toEqual([
      ["a", "a0\na3", [0, 3]],
      ["b", "b1\nb4", [1, 4]],
      ["c", "c2", [2]],
    ]);
    expect(run.entries[0]?.sizeBytes).toBe(5 + 1);
  });

  test("of one partition key are separate when they choose different streams", () => {
    const chunk = chunkOf(Array.from("xyx", (app, n) => ({ key: "k", app, log: `${app}${n}` })));
    const run = runPipeline({ ...joined, partition_key: "key", stream_key: "app" }, chunk);
    expect(run.entries.map(({ stream, partitionKey, events }, index) => [stream, partitionKey, textsOf(run)[index], events])).toEqual([
      ["x", "k", "x0\nx2", [0, 2]],
      ["y", "k", "y1", [1]],
    ]);
  });

  test("without the partition key are together, under a random key", () => {
    const run = runPipeline({ ...joined, partition_key: "key" }, chunkOf([{ log: "x" }, { log: "y", key: "k" }, { log: "z" }]));
    expect(run.entries.map((entry, index) => [entry.partitionKey, textsOf(run)[index]])).toEqual([[undefined, "x\nz"], ["k", "y"]]);
    expect(run.told).toEqual([["without partition key"], ["without partition key"]]);
  });

  test("are separate when one key equals another key's prefixed form", () => {
    const run = runPipeline({ ...joined, partition_key: "key" }, chunkOf([{ log: "x", key: "1" }, { log: "y", key: "k1" }]));
    expect(textsOf(run)).toEqual(["x", "y"]);
  });

  test("do not refer to the chunk's memory, and keep their bytes while the sink grows", () => {
    const logs = Array.from({ length: 300 }, (_, n) => `${n}:${"x".repeat(10_000)}`);
    const chunk = Buffer.from(lines(...logs));
    const run = runPipeline(joined, chunk);
    chunk.fill(0);
    expect(textsOf(run).join("\n").split("\n")).toEqual(logs);
  });
});

describe.each([false, true])("the record limit (records end with newlines: %s)", (hasNewlines) => {
  const options = { ...joined, ...(hasNewlines ? { append_newline: "true" } : {}) };
  const room = maxRecordBytes - randomKeyBytes - (hasNewlines ? 2 : 1);

  test.each([[-1, 1], [0, 1], [1, 2]])("minus the key is filled to the byte: %i bytes past it, %i entries", (more, count) => {
    const run = runPipeline(options, lines("a".repeat(600_000), "b".repeat(room - 600_000 + more)));
    expect(run.entries).toHaveLength(count);
    expect(run.told).toEqual([]);
    if (count === 1) expect(run.entries[0]?.sizeBytes).toBe(maxRecordBytes + more);
    for (const { sizeBytes } of run.entries) expect(sizeBytes).toBeLessThanOrEqual(maxRecordBytes);
  });

  test.each([[-1, 0], [0, 0], [1, 1]])("cuts a record above it, which becomes a separate entry: %i bytes past it, %i cuts", (more, cut) => {
    const most = room + 1;
    const run = runPipeline(options, lines("x", "a".repeat(most + more), "y"));
    expect(run.told).toHaveLength(cut);
    expect(run.entries.map(eventsOf)).toEqual([[0], [1], [2]]);
    expect(run.entries[1]?.sizeBytes).toBe(maxRecordBytes + Math.min(more, 0));
    expect(textsOf(run)[1]?.trimEnd().endsWith("[Truncated...]")).toBe(cut === 1);
  });

  test("includes the bytes of the partition key", () => {
    const key = "𝄞".repeat(256);
    const chunk = chunkOf([{ key, log: "a".repeat(500_000) }, { key, log: "b".repeat(room + randomKeyBytes - 500_000 - 1024) }]);
    const run = runPipeline({ ...options, partition_key: "key" }, chunk);
    expect(run.entries.map(({ sizeBytes }) => sizeBytes)).toEqual([maxRecordBytes]);
  });
});

test("max_record_size replaces the record limit for joined records", () => {
  const run = runPipeline({ ...joined, max_record_size: "4096" }, lines(...Array.from({ length: 10 }, (_, n) => `${n}`.repeat(1000))));
  expect(run.entries.map(eventsOf)).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
});

describe("compression of joined records", () => {
  test("compresses the joined lines together", () => {
    const run = runPipeline({ ...joined, compression: "gzip" }, lines("a", "bc"));
    expect(run.entries.map(({ data }) => gunzipSync(data).toString())).toEqual(["a\nbc"]);
    const ended = runPipeline({ ...joined, compression: "snappy", append_newline: "true" }, lines("a", "bc"));
    expect(ended.entries.map(({ data }) => unpackSnappyBlock(data).toString())).toEqual(["a\nbc\n"]);
  });

  test("limits the lines before compression, as Fluent Bit's own output does", () => {
    const run = runPipeline({ ...joined, compression: "gzip" }, lines(...Array.from({ length: 25 }, () => "x".repeat(100_000))));
    expect(run.entries.map(eventsOf).map((events) => events.length)).toEqual([10, 10, 5]);
  });

  test("splits lines that it makes too large into halves, so that no record is lost or cut", () => {
    const logs = Array.from({ length: 10 }, () => randomBytes(52_428).toString("latin1").replaceAll(/[\n\r]/gu, "."));
    const run = runPipeline({ ...joined, compression: "gzip" }, lines(...logs));
    expect(run.told).toEqual([]);
    const found = run.entries.flatMap(({ data }) => gunzipSync(data).toString().split("\n"));
    expect(found).toEqual(logs);
  });

  test("splits lines down to a single record that it makes too large, and cuts that", () => {
    const room = 4096 - randomKeyBytes;
    const grows = packing((bytes) => Buffer.concat([bytes, Buffer.alloc(bytes.length > 100 ? 4096 : 1)]));
    const run = runPipeline({ ...joined, compression: "gzip", max_record_size: "4096" }, lines("a".repeat(60), "b".repeat(60), "c".repeat(200)), { compress: grows });
    expect(run.entries.map(eventsOf)).toEqual([[0], [1], [2]]);
    expect(run.told).toEqual([["truncated", 200]]);
    expect(textsOf(run)[2]).toMatch(/^c+\[Truncated\.\.\.\]\0$/);
    for (const { data } of run.entries) expect(data.length).toBeLessThanOrEqual(room);
  });

  test("that makes every record too large drops and reports each", () => {
    const never = packing(() => new Uint8Array(5000));
    const run = runPipeline({ ...joined, compression: "gzip", max_record_size: "4096" }, lines("aa", "b"), { compress: never });
    expect(run.entries).toEqual([]);
    expect(run.told).toEqual([["too large", 2], ["too large", 1]]);
  });

  test("sends a record over the limit alone, after the earlier records of its key", () => {
    const chunk = chunkOf([{ key: "k", log: "x" }, { key: "o", log: "o" }, { key: "k", log: "a".repeat(3_000_000) }, { key: "k", log: "y" }]);
    const run = runPipeline({ ...joined, compression: "gzip", partition_key: "key" }, chunk);
    expect(run.entries.map((entry) => [entry.partitionKey, entry.events])).toEqual([["k", [0]], ["k", [2]], ["k", [3]], ["o", [1]]]);
    expect(run.entries.map(({ data }) => gunzipSync(data).length)).toEqual([1, 3_000_000, 1, 1]);
    expect(run.told).toEqual([]);
  });
});

test("a joined record that begins like an aggregate is wrapped and sent alone, after the records before it", () => {
  const forged = Buffer.concat([Buffer.from("f3899ac2", "hex"), Buffer.alloc(40, 1)]);
  const run = runPipeline(joined, chunkOf([{ log: "x" }, { log: "y" }, { log: forged }, { log: "z" }]));
  expect(run.entries.map(({ data, events }) => [isAggregate(data), events])).toEqual([[false, [0, 1]], [true, [2]], [false, [3]]]);
});

describe("a refused or partly delivered entry of joined records", () => {
  test("is split into its records", () => {
    const { pipeline } = pipelineOf(joined);
    const wanted = new EventSet();
    const chunk = lines("a", "b", "c");
    const table = new EntryTable(new ByteSink());
    wanted.add(table, pipeline.open(chunk, "tag").next(table));
    const parts = pipeline.open(chunk, "tag", wanted, "alone").next(table);
    expect(viewsOf(table, parts).map(({ data, events }) => [Buffer.from(data).toString(), events])).toEqual([["a", [0]], ["b", [1]], ["c", [2]]]);
  });

  test("is joined again from its unsent events when Fluent Bit retries the chunk", () => {
    const { pipeline } = pipelineOf(joined);
    const wanted = new EventSet();
    wanted.add(...tableOf([entryOf({ events: [0, 3] })]));
    const table = new EntryTable(new ByteSink());
    const entries = pipeline.open(lines("a", "b", "c", "d"), "tag", wanted).next(table);
    expect(viewsOf(table, entries).map(({ data, events }) => [Buffer.from(data).toString(), events])).toEqual([["a\nd", [0, 3]]]);
  });
});
