// Compares the plugin with recorded behaviour of AWS's Go plugin, vector by vector.
import { createHash } from "node:crypto";
import { gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/configuration_error.js";
import { maxRecordsPerRequest } from "../../src/limits.js";
import { cutBatches } from "../support/cut_entries.js";
import type { EntryView } from "../../src/pack/entry_table.js";
import { deaggregate } from "../support/deaggregate.js";
import { chunkOf, encodeV1 } from "../support/event_chunk.js";
import { configOf, runPipeline, textsOf } from "../support/recorded_pipeline.js";
import { inTimeZone } from "../support/time_zone.js";
import { chunkOfVector, goldenVector, goldenVectors, type GoldenRecord, type GoldenVector } from "./golden_vector.js";

/** Names of vectors with a separate test below. */
const separatelyTested = new Set([
  "data_keys with a space after the comma",
  "unknown strftime letter",
  "aggregation",
  "record over 1 MiB",
  "1,201 records make three requests",
]);

const randomKey = /^[a-zA-Z0-9]{8}$/;

/** Maximum bytes of a request of the Go plugin, the service's limit before October 2025. */
const goMaxRequestBytes = 5 * 1024 * 1024;

const batchSizes = (entries: readonly EntryView[]) =>
  cutBatches(entries, { maxRecords: maxRecordsPerRequest, maxBytes: goMaxRequestBytes }).map((batch) => batch.length);

/** Each attempt creates the random key of a record (in src/kinesis); an aggregate gets its random key earlier. */
function expectPartitionKey(actual: string | undefined, golden: string): void {
  if (golden !== "<random 8>") expect(actual).toBe(golden);
  else if (actual !== undefined) expect(actual).toMatch(randomKey);
}

const unpack: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = { gzip: gunzipSync, zlib: inflateSync };

/** Returns a comparable form of a record's data: the value of a JSON object and whether a newline follows, otherwise the bytes. */
function comparable(data: Uint8Array): unknown {
  const text = Buffer.from(data).toString("latin1");
  if (!text.startsWith("{")) return text;
  return { json: JSON.parse(Buffer.from(data).toString()) as unknown, newline: text.endsWith("\n") };
}

function expectRecord(entry: EntryView | undefined, golden: GoldenRecord, vector: GoldenVector): void {
  const opened = unpack[vector.options["compression"] ?? ""] ?? ((bytes: Uint8Array) => bytes);
  expectPartitionKey(entry?.partitionKey, golden.partitionKey);
  expect(comparable(opened(entry?.data ?? new Uint8Array()))).toEqual(
    comparable(opened(Buffer.from(golden.data ?? "", "base64"))),
  );
}

const expectedRecords = (vector: GoldenVector) => vector.records ?? [];

describe("like the Go plugin", () => {
  const kept = goldenVectors.filter(({ name }) => !separatelyTested.has(name));

  test.each(kept.filter(({ init }) => init === 1))("sends the same records: $name", (vector) => {
    const { entries } = inTimeZone(vector.env.TZ, () => runPipeline(vector.options, chunkOfVector(vector)));
    expect(entries).toHaveLength(expectedRecords(vector).length);
    expectedRecords(vector).forEach((golden, index) => expectRecord(entries[index], golden, vector));
    expect(batchSizes(entries)).toEqual(vector.requests);
  });

  test.each(kept.filter(({ init }) => init === 0))("fails the init: $name", ({ options }) => {
    expect(() => configOf(options)).toThrow(ConfigurationError);
  });

  test("cuts a record over 1 MiB to the limit minus the key's bytes", () => {
    const vector = goldenVector("record over 1 MiB");
    const chunk = encodeV1({ body: { log: "L".repeat(1_100_000) } });
    expect(chunk).toHaveLength(vector.chunkBytes ?? 0);
    const { entries } = runPipeline(vector.options, chunk);
    const [golden] = expectedRecords(vector);
    const data = Buffer.from(entries[0]?.data ?? []);
    expect(entries).toHaveLength(1);
    expectPartitionKey(entries[0]?.partitionKey, golden?.partitionKey ?? "");
    expect(data).toHaveLength(golden?.bytes ?? 0);
    expect(data.subarray(0, 24).toString("base64")).toBe(golden?.startsWith);
    expect(data.subarray(-24).toString("base64")).toBe(golden?.endsWith);
  });

  test("sends 1,201 records in three requests", () => {
    const vector = goldenVector("1,201 records make three requests");
    const { entries } = runPipeline(vector.options, chunkOf(Array.from({ length: 1201 }, (_, n) => ({ n }))));
    expect(batchSizes(entries)).toEqual(vector.requests);
  });
});

describe("aggregation like the Go plugin's", () => {
  const vector = goldenVector("aggregation");
  const [golden] = expectedRecords(vector);
  const goldenData = Buffer.from(golden?.data ?? "", "base64");
  const { entries } = runPipeline(vector.options, chunkOfVector(vector));
  const data = Buffer.from(entries[0]?.data ?? []);

  const unpacked = (bytes: Uint8Array, partitionKey: string) =>
    deaggregate({ data: bytes, partitionKey, sequenceNumber: "1", shardId: "shardId-000000000000" });

  test("makes one record with a random key, framed by the magic number and the protobuf's MD5", () => {
    expect(batchSizes(entries)).toEqual(vector.requests);
    expectPartitionKey(entries[0]?.partitionKey, golden?.partitionKey ?? "");
    expect(data.subarray(0, 4)).toEqual(goldenData.subarray(0, 4));
    expect(data.subarray(-16)).toEqual(createHash("md5").update(data.subarray(4, -16)).digest());
  });

  test("has the same user records as the Go plugin's, unpacked by AWS's package", () => {
    const ours = unpacked(data, entries[0]?.partitionKey ?? "");
    const theirs = unpacked(goldenData, "SMALHnFB");
    expect(ours).toHaveLength(5);
    expect(ours.map((user) => comparable(user.data))).toEqual(theirs.map((user) => comparable(user.data)));
    expect(new Set(ours.map((user) => user.partitionKey))).toEqual(new Set([entries[0]?.partitionKey]));
  });

  test("writes a protobuf with one key and the records in order, each with the key's index", () => {
    const fields = protobufFields(data.subarray(4, -16));
    const [key, ...records] = fields;
    expect(fields.map(({ number }) => number)).toEqual([1, 3, 3, 3, 3, 3]);
    expect(key?.bytes.toString()).toBe(entries[0]?.partitionKey);
    const golden = protobufFields(goldenData.subarray(4, -16)).slice(1);
    records.forEach((record, index) => {
      const [keyIndex, content] = protobufFields(record.bytes);
      const [, goldenContent] = protobufFields(golden[index]?.bytes ?? Buffer.alloc(0));
      expect(keyIndex).toMatchObject({ number: 1, value: 0 });
      expect(content?.number).toBe(3);
      expect(comparable(content?.bytes ?? Buffer.alloc(0))).toEqual(comparable(goldenContent?.bytes ?? Buffer.alloc(1)));
    });
  });
});

interface ProtobufField {
  readonly number: number;
  readonly value: number;
  readonly bytes: Buffer;
}

/** Parses the fields of a message with wire types 0 (varint) and 2 (length and bytes). */
function protobufFields(message: Buffer): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let position = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 0x80) {
      const byte = message.readUInt8(position++);
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (position < message.length) {
    const tag = varint();
    const value = varint();
    const length = (tag & 7) === 2 ? value : 0;
    fields.push({ number: tag >> 3, value, bytes: message.subarray(position, position + length) });
    position += length;
  }
  return fields;
}

describe("unlike the Go plugin, where it is wrong", () => {
  test("data_keys ignores a space after the comma (the Go plugin looks for ' source')", () => {
    const spaced = goldenVector("data_keys with a space after the comma");
    const run = runPipeline(spaced.options, chunkOfVector(spaced));
    const golden = expectedRecords(goldenVector("data_keys"));
    expect(run.entries.map(({ data }) => comparable(data))).toEqual(
      golden.map(({ data = "" }) => comparable(Buffer.from(data, "base64"))),
    );
  });

  test("%3N formats milliseconds (the Go plugin rejects it)", () => {
    const vector = goldenVector("unknown strftime letter");
    const run = inTimeZone(vector.env.TZ, () => runPipeline(vector.options, chunkOfVector(vector)));
    expect(textsOf(run).map((text) => (JSON.parse(text) as { time: string }).time)).toEqual([
      "000", "001", "002", "003", "004",
    ]);
    expect(() => configOf({ ...vector.options, time_key_format: "%Q" })).toThrow(ConfigurationError);
  });

  test("V2 events have their own time (the Go plugin uses the time of the flush)", () => {
    const options = { time_key: "time", time_key_format: "%Y-%m-%dT%H:%M:%S.%f" };
    const times = (name: string) => {
      const run = inTimeZone("UTC", () => runPipeline(options, chunkOfVector(goldenVector(name))));
      return textsOf(run).map((text) => (JSON.parse(text) as { time: string }).time);
    };
    expect(times("V2 events")).toEqual(times("whole record"));
    expect(times("V2 events")[0]).toBe("2022-06-04T05:38:18.000987");
  });

  test("log_key sends a map as JSON (the Go plugin sends empty data and loses the chunk)", () => {
    const vector = goldenVector("whole record");
    const run = runPipeline({ log_key: "kubernetes" }, chunkOfVector(vector));
    expect(textsOf(run).map((text) => JSON.parse(text) as unknown)).toEqual([
      { pod_name: "api-7f", "labels.app": { "tier.one": "gold" } },
    ]);
  });

  test("an event whose body is not a map is skipped (the Go plugin panics)", () => {
    const good = chunkOf([{ n: 1 }]);
    const run = runPipeline({}, Buffer.concat([encodeV1({ body: "text" }), good]));
    expect(textsOf(run)).toEqual(['{"n":1}']);
    expect(run.told).toEqual([["broken", 1]]);
  });
});
