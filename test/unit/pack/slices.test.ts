// Tests the entries and reports of a chunk, and the limits of records at their borders.
import { randomBytes } from "node:crypto";
import { gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { maxNestingDepth, maxRecordBytes } from "../../../src/limits.js";
import { chunkOf, encodeV2, groupEnd, groupStart } from "../../support/event_chunk.js";
import { packing } from "../../support/packed.js";
import { runPipeline, textsOf, type PluginOptions } from "../../support/recorded_pipeline.js";
import { unpackSnappyBlock } from "../../support/snappy_block.js";
import { userRecordsOf } from "../../support/entry.js";

const suffix = "[Truncated...]";
const randomKeyBytes = 8;

const logLine = (options: PluginOptions, log: string, more: Readonly<Record<string, unknown>> = {}) =>
  runPipeline({ log_key: "log", ...options }, chunkOf([{ ...more, log }]));

describe("the entries of a chunk", () => {
  test("are one for each event, in the events' order", () => {
    const run = runPipeline({}, chunkOf([{ n: 1 }, { n: 2 }, { n: 3 }]));
    expect(textsOf(run)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
    expect(run.told).toEqual([]);
  });

  test("are none for an empty chunk and for group markers", () => {
    expect(runPipeline({}, new Uint8Array()).entries).toEqual([]);
    expect(runPipeline({}, Buffer.concat([groupStart(), groupEnd()]))).toEqual({ entries: [], told: [] });
  });

  test("do not refer to the chunk's memory", () => {
    const chunk = Buffer.from(chunkOf([{ log: "a".repeat(100), k: "key" }]));
    const run = runPipeline({ log_key: "log", partition_key: "k" }, chunk);
    chunk.fill(0);
    expect(textsOf(run)).toEqual(["a".repeat(100)]);
    expect(run.entries[0]?.partitionKey).toBe("key");
  });

  test("keep their bytes while later records make the sink grow", () => {
    const lines = Array.from({ length: 50 }, (_, n) => `${n}:${"\u0001".repeat(20_000)}`);
    const run = runPipeline({}, chunkOf(lines.map((log) => ({ log }))));
    expect(textsOf(run)).toEqual(lines.map((log) => JSON.stringify({ log })));
  });

  test("count the bytes of data and key, and one user record each", () => {
    const run = runPipeline({ partition_key: "k" }, chunkOf([{ k: "é☃𝄞" }, { n: 1 }]));
    expect(run.entries.map((entry) => [entry.sizeBytes, userRecordsOf(entry)])).toEqual([
      [Buffer.byteLength('{"k":"é☃𝄞"}') + 9, 1],
      ['{"n":1}'.length + randomKeyBytes, 1],
    ]);
  });

  test("have no key without partition_key, so that each attempt makes a random one", () => {
    const run = runPipeline({}, chunkOf(Array.from({ length: 100 }, (_, n) => ({ n }))));
    expect(new Set(run.entries.map(({ partitionKey }) => partitionKey))).toEqual(new Set([undefined]));
  });
});

describe("reports about records", () => {
  test("include sent records without the partition key", () => {
    const run = runPipeline({ partition_key: "k" }, chunkOf([{ k: "x" }, { n: 1 }, { k: null }]));
    expect(run.entries).toHaveLength(3);
    expect(run.told).toEqual([["without partition key"], ["without partition key"]]);
  });

  test("include the reason for dropped records without log_key, while the others are sent", () => {
    const run = runPipeline({ log_key: "log" }, chunkOf([{ log: "a" }, { n: 1 }, { log: "b" }]));
    expect(textsOf(run)).toEqual(["a", "b"]);
    expect(run.told).toEqual([["refused", "has no log_key"]]);
  });

  test("include records with NaN, infinity or too deep nesting, while the others are sent", () => {
    // [event time, {"a": [[[…1…]]]}]
    const opening = Buffer.from("92d700000000010000000081a161", "hex");
    const tooDeep = Buffer.concat([opening, Buffer.alloc(maxNestingDepth + 1, 0x91), Buffer.from([0x01])]);
    const chunk = Buffer.concat([chunkOf([{ a: Number.NaN }, { n: 1 }, { a: -Infinity }]), tooDeep, chunkOf([{ n: 2 }])]);
    const run = runPipeline({}, chunk);
    expect(textsOf(run)).toEqual(['{"n":1}', '{"n":2}']);
    expect(run.told.map(([what]) => what)).toEqual(["refused", "refused", "refused"]);
    expect(run.told[2]).toEqual(["refused", "is nested too deeply"]);
  });

  test("count values that are not events once for the chunk", () => {
    const run = runPipeline({}, Buffer.concat([Buffer.from([0x01, 0xc0]), chunkOf([{ n: 1 }]), Buffer.from([0x92])]));
    expect(textsOf(run)).toEqual(['{"n":1}']);
    expect(run.told).toEqual([["broken", 3]]);
  });
});

describe("the limit of 1 MiB, key included", () => {
  const room = maxRecordBytes - randomKeyBytes;

  test("a record one byte below or exactly at the limit is sent whole", () => {
    for (const size of [room - 1, room]) {
      const run = logLine({}, "a".repeat(size));
      expect(run.entries[0]?.data).toHaveLength(size);
      expect(run.told).toEqual([]);
    }
  });

  test("a record one byte above the limit is cut to exactly the limit", () => {
    const run = logLine({}, "a".repeat(room + 1));
    const [text = ""] = textsOf(run);
    expect(text).toHaveLength(room);
    expect(text.endsWith(`a${suffix}`)).toBe(true);
    expect(run.entries[0]?.sizeBytes).toBe(maxRecordBytes);
    expect(run.told).toEqual([["truncated", room + 1]]);
  });

  test("the newline counts, and is kept in a cut record", () => {
    const at = logLine({ append_newline: "true" }, "a".repeat(room - 1));
    expect(at.told).toEqual([]);
    const above = logLine({ append_newline: "true" }, "a".repeat(room));
    const [text = ""] = textsOf(above);
    expect(above.told).toEqual([["truncated", room + 1]]);
    expect(text).toHaveLength(room);
    expect(text.endsWith(`a${suffix}\n`)).toBe(true);
  });

  test("the key's bytes count, not its characters", () => {
    const options = { partition_key: "k" };
    const run = (size: number) => logLine(options, "a".repeat(size), { k: "𝄞".repeat(300) });
    const keyBytes = 256 * 4;
    expect(run(maxRecordBytes - keyBytes).told).toEqual([]);
    const above = run(maxRecordBytes - keyBytes + 1);
    expect(above.told).toHaveLength(1);
    expect(above.entries[0]?.sizeBytes).toBe(maxRecordBytes);
  });

  test("a cut never splits a character", () => {
    for (const before of ["", "a", "aa", "aaa"]) {
      const run = logLine({}, before + "𝄞".repeat(room / 4 + 1));
      const data = Buffer.from(run.entries[0]?.data ?? []);
      expect(data.length).toBeGreaterThan(room - 4);
      expect(data.toString().includes("\ufffd")).toBe(false);
    }
  });

  test("records before and after a cut record are whole", () => {
    const run = runPipeline({ log_key: "log" }, chunkOf([{ log: "x" }, { log: "a".repeat(room + 1) }, { log: "y" }]));
    expect([textsOf(run)[0], textsOf(run)[2]]).toEqual(["x", "y"]);
  });
});

describe.each([4096, 10_485_760])("the limit of max_record_size %i, key included", (limit) => {
  const room = limit - randomKeyBytes;
  const options = { max_record_size: String(limit) };

  test("cuts only the record above it", () => {
    for (const size of [room - 1, room]) {
      const run = logLine(options, "a".repeat(size));
      expect(run.entries.map(({ sizeBytes }) => sizeBytes)).toEqual([size + randomKeyBytes]);
      expect(run.told).toEqual([]);
    }
    const above = logLine(options, "a".repeat(room + 1));
    expect(above.entries.map(({ sizeBytes }) => sizeBytes)).toEqual([limit]);
    expect(textsOf(above)[0]?.endsWith(`a${suffix}`)).toBe(true);
    expect(above.told).toEqual([["truncated", room + 1]]);
  });

  test("applies to compressed records", () => {
    const log = randomBytes(limit).toString("hex");
    const run = logLine({ ...options, compression: "gzip" }, log);
    expect(run.entries[0]?.sizeBytes).toBeLessThanOrEqual(limit);
    expect(run.entries[0]?.sizeBytes).toBeGreaterThan(limit * 0.8);
    expect(run.told).toEqual([["truncated", log.length]]);
  });

  test("applies to aggregates, and to records that are sent alone", () => {
    const sizes = { aggregation_maximum_record_size: String(limit), skip_aggregation_record_size: String(limit) };
    const bodies = [...Array.from({ length: 40 }, () => ({ log: "a".repeat(limit >> 4) })), { log: "b".repeat(limit + 1) }];
    const { entries } = runPipeline({ aggregation: "true", ...options, ...sizes }, chunkOf(bodies));
    expect(entries.map(userRecordsOf).reduce((sum, count) => sum + count)).toBe(41);
    expect(entries.length).toBeLessThan(6);
    for (const { sizeBytes } of entries) expect(sizeBytes).toBeLessThanOrEqual(limit);
  });
});

describe("compression", () => {
  test("is applied to each record separately, newline included", () => {
    const run = runPipeline({ compression: "gzip", append_newline: "true" }, chunkOf([{ n: 1 }, { n: 2 }]));
    expect(run.entries.map(({ data }) => gunzipSync(data).toString())).toEqual(['{"n":1}\n', '{"n":2}\n']);
  });

  test("lets a record over the limit be sent whole if it then fits", () => {
    const run = logLine({ compression: "gzip" }, "a".repeat(5_000_000));
    expect(gunzipSync(run.entries[0]?.data ?? new Uint8Array())).toHaveLength(5_000_000);
    expect(run.told).toEqual([]);
  });

  test("of a record that does not fit cuts it until it fits", () => {
    const log = randomBytes(1_100_000).toString("hex");
    const run = logLine({ compression: "gzip", append_newline: "true" }, log);
    const [entry] = run.entries;
    expect(entry?.sizeBytes).toBeLessThanOrEqual(maxRecordBytes);
    const text = gunzipSync(entry?.data ?? new Uint8Array()).toString();
    expect(text.endsWith(`${suffix}\n`)).toBe(true);
    expect(text.startsWith(log.slice(0, 1_000_000))).toBe(true);
    expect(run.told).toEqual([["truncated", log.length + 1]]);
  });

  test.each(["snappy", "zlib"])("by %s cuts a record of megabytes to the limit", (compression) => {
    const log = randomBytes(3_000_000).toString("hex");
    const run = logLine({ compression, append_newline: "true" }, log);
    const [entry] = run.entries;
    expect(entry?.sizeBytes).toBeLessThanOrEqual(maxRecordBytes);
    expect(entry?.sizeBytes).toBeGreaterThan(0.85 * maxRecordBytes);
    const text = (compression === "snappy" ? unpackSnappyBlock : inflateSync)(entry?.data ?? new Uint8Array()).toString();
    expect(text.endsWith(`${suffix}\n`)).toBe(true);
    expect(log.startsWith(text.slice(0, -suffix.length - 1))).toBe(true);
    expect(run.told).toEqual([["truncated", log.length + 1]]);
  });

  test("of a record that never fits drops and reports it, while the others are sent", () => {
    const compress = packing((bytes) => (bytes.length > 100 ? new Uint8Array(2 * maxRecordBytes) : bytes.slice()));
    const chunk = chunkOf([{ log: "x" }, { log: "a".repeat(10_000_000) }, { log: "y" }]);
    const run = runPipeline({ compression: "gzip", log_key: "log" }, chunk, { compress });
    expect(textsOf(run)).toEqual(["x", "y"]);
    expect(run.told).toEqual([["too large", 10_000_000]]);
  });
});

describe("aggregation", () => {
  test("puts small records into one entry that counts its user records", () => {
    const run = runPipeline({ aggregation: "true" }, chunkOf([{ n: 1 }, { n: 2 }, { n: 3 }]));
    expect(run.entries.map(userRecordsOf)).toEqual([3]);
    expect(run.entries[0]?.sizeBytes).toBe((run.entries[0]?.data.length ?? 0) + randomKeyBytes);
  });

  test("sends a large record alone", () => {
    const chunk = chunkOf([{ n: 1 }, { log: "a".repeat(20 * 1024) }, { n: 2 }]);
    const run = runPipeline({ aggregation: "true" }, chunk);
    expect(run.entries.map(userRecordsOf).sort()).toEqual([1, 2]);
  });

  test("reports refused records and broken values as without aggregation", () => {
    const chunk = Buffer.concat([chunkOf([{ n: 1 }]), encodeV2({ body: "no map" }), chunkOf([{ a: Number.NaN }])]);
    const run = runPipeline({ aggregation: "true" }, chunk);
    expect(run.told.map(([what]) => what)).toEqual(["refused", "broken"]);
  });
});
