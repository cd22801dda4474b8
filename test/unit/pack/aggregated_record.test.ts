// Tests the bytes of aggregated records, with protobufjs and with AWS's own deaggregation.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  appendAggregatedRecord,
  framingBytes,
  subRecordBytes,
  tableEntryBytes,
  varintBytes,
} from "../../../src/pack/aggregated_record.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { deaggregate } from "../../support/deaggregate.js";
import { parseAggregate, writeAggregate } from "../../support/kpl_aggregate.js";
import { appended } from "../../support/sink_records.js";

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();

interface SubRecord {
  readonly data: Uint8Array;
  readonly partitionKeyIndex: number;
}

function encode(keys: readonly string[], hashKey: string | undefined, records: readonly SubRecord[]): Uint8Array {
  const encodedKeys = keys.map((key) => Buffer.from(key));
  const encodedHashKey = hashKey === undefined ? undefined : Buffer.from(hashKey);
  const sink = new ByteSink();
  let bytes = encodedHashKey === undefined ? 0 : tableEntryBytes(encodedHashKey.length);
  for (const key of encodedKeys) bytes += tableEntryBytes(key.length);
  const subRecords = records.flatMap(({ data, partitionKeyIndex }) => {
    bytes += subRecordBytes(data.length, partitionKeyIndex);
    return [...appended(sink, data), partitionKeyIndex];
  });
  const start = sink.length;
  appendAggregatedRecord(sink, encodedKeys, encodedHashKey, Uint32Array.from(subRecords), bytes, md5);
  expect(sink.length - start).toBe(framingBytes + bytes);
  return sink.bytes.slice(start, sink.length);
}

function record(data: Uint8Array, partitionKeyIndex = 0): SubRecord {
  return { data, partitionKeyIndex };
}

function expected(keys: readonly string[], hashKey: string | undefined, records: readonly SubRecord[]): Buffer {
  return writeAggregate({
    partition_key_table: keys,
    explicit_hash_key_table: hashKey === undefined ? [] : [hashKey],
    records: records.map(({ data, partitionKeyIndex }) => ({
      partition_key_index: partitionKeyIndex,
      ...(partitionKeyIndex > 0 ? { explicit_hash_key_index: 0 } : {}),
      data,
    })),
  });
}

describe("an aggregated record", () => {
  it("has the bytes that protobufjs writes between the magic number and the MD5", () => {
    const keys = ["first", "zweiter Schlüssel", "\u{1f511}"];
    const records = [record(Buffer.from("one")), record(Buffer.from("two"), 1), record(Buffer.from(""), 2)];
    const bytes = encode(keys, "170141183460469231731687303715884105728", records);
    expect(Buffer.from(bytes)).toEqual(expected(keys, "170141183460469231731687303715884105728", records));
  });

  it.each([0, 1, 121, 122, 123, 124, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
    "has the computed size for data of %i bytes",
    (length) => {
      const records = [record(Buffer.alloc(length, 0x61))];
      expect(Buffer.from(encode(["key"], undefined, records)).equals(expected(["key"], undefined, records))).toBe(true);
    },
  );

  it.each([1, 127, 128, 256 * 4])("has the computed size for a key of %i bytes", (length) => {
    const key = "k".repeat(length);
    const records = [record(Buffer.from("data"))];
    expect(Buffer.from(encode([key], undefined, records))).toEqual(expected([key], undefined, records));
  });

  it("encodes key indexes above 127 in two bytes", () => {
    const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
    const records = keys.map((key, index) => record(Buffer.from(key), index));
    const bytes = encode(keys, "1", records);
    expect(Buffer.from(bytes)).toEqual(expected(keys, "1", records));
    const parsed = parseAggregate(bytes);
    expect(parsed.records.map((found) => parsed.partition_key_table[found.partition_key_index])).toEqual(keys);
  });

  it("is deaggregated by AWS's library, with explicit hash keys", () => {
    const records = [record(Buffer.from("one")), record(Buffer.from([0, 0xff, 0x80]), 1)];
    const data = encode(["a", "b"], "42", records);
    const users = deaggregate({ shardId: "shard", partitionKey: "a", sequenceNumber: "7", data });
    expect(users.map((user) => [user.partitionKey, Buffer.from(user.data), user.subSequenceNumber])).toEqual([
      ["a", Buffer.from("one"), 0],
      ["b", Buffer.from([0, 0xff, 0x80]), 1],
    ]);
    expect(users[1]?.explicitHashKey).toBe("42");
  });

  it("adds 20 bytes to its protobuf", () => {
    expect(framingBytes).toBe(20);
  });
});

describe("varintBytes", () => {
  it.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2 ** 21 - 1, 3],
    [2 ** 21, 4],
    [2 ** 28 - 1, 4],
    [2 ** 28, 5],
    [2 ** 32 - 1, 5],
  ])("for %i returns %i", (value, bytes) => expect(varintBytes(value)).toBe(bytes));
});
