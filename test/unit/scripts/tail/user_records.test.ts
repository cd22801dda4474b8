/** Tests that stream records are deaggregated and decompressed, and that other data stays unchanged. */
import zlib, { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { subRecordsOf } from "../../../../scripts/tail/aggregates.js";
import { unpacked } from "../../../../scripts/tail/unpacking.js";
import { userRecordsOf } from "../../../../scripts/tail/user_records.js";
import { deaggregate } from "../../../support/deaggregate.js";
import { writeAggregate } from "../../../support/kpl_aggregate.js";

const time = new Date(1_700_000_000_000);
const record = (data: Uint8Array): Parameters<typeof userRecordsOf>[1] => ({ sequenceNumber: "49", time, partitionKey: "outer", data });
const text = (data: Uint8Array): string => Buffer.from(data).toString();

const aggregate = writeAggregate({
  partition_key_table: ["a", "ü"],
  explicit_hash_key_table: ["12345678901234567890"],
  records: [
    { partition_key_index: 0, data: Buffer.from("one") },
    { partition_key_index: 1, explicit_hash_key_index: 0, data: gzipSync("two") },
    { partition_key_index: 0, data: Buffer.alloc(0), tags: [{ key: "k", value: "v" }] },
  ],
});

describe("user records", () => {
  it("of an aggregate have their own keys and indexes, and are decompressed one by one", () => {
    const users = [...userRecordsOf("shard", record(aggregate))];
    const common = { shardId: "shard", sequenceNumber: "49", time };
    expect(users.map((user) => ({ ...user, data: text(user.data) }))).toEqual([
      { ...common, subSequenceNumber: 0, partitionKey: "a", explicitHashKey: undefined, data: "one" },
      { ...common, subSequenceNumber: 1, partitionKey: "ü", explicitHashKey: "12345678901234567890", data: "two" },
      { ...common, subSequenceNumber: 2, partitionKey: "a", explicitHashKey: undefined, data: "" },
    ]);
  });

  // AWS's package sets the table's first hash key on records without one, so hash keys are not compared.
  it("of an aggregate are the same as from AWS's package", () => {
    const theirs = deaggregate({ shardId: "shard", partitionKey: "outer", sequenceNumber: "49", data: aggregate });
    const ours = subRecordsOf(aggregate) ?? [];
    const compared = theirs.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data)]);
    expect(ours.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data)])).toEqual(compared);
  });

  it("that were sent alone have the record's key and no index", () => {
    const users = [...userRecordsOf("shard", record(deflateSync("alone")))];
    expect(users).toHaveLength(1);
    expect(users[0]).toMatchObject({ partitionKey: "outer", subSequenceNumber: undefined, explicitHashKey: undefined });
    expect(text(users[0]?.data ?? Buffer.alloc(0))).toBe("alone");
  });

  it("of an empty aggregate are none", () => {
    expect([...userRecordsOf("shard", record(writeAggregate({})))]).toEqual([]);
  });
});

describe("invalid aggregate data", () => {
  const cases: [string, Buffer][] = [
    ["has a wrong MD5", Buffer.concat([aggregate.subarray(0, -1), Buffer.from([(aggregate.at(-1) ?? 0) ^ 1])])],
    ["has a changed byte", Buffer.from(aggregate).fill(0x7a, 12, 13)],
    ["has a byte too much", Buffer.concat([aggregate, Buffer.from("x")])],
    ["is the magic number alone", aggregate.subarray(0, 4)],
    ["is one byte short of magic number and MD5", aggregate.subarray(0, 19)],
    ["names a partition key that is not there", writeAggregate({ records: [{ partition_key_index: 0, data: Buffer.from("x") }] })],
    [
      "names a hash key that is not there",
      writeAggregate({
        partition_key_table: ["a"],
        records: [{ partition_key_index: 0, explicit_hash_key_index: 0, data: Buffer.from("x") }],
      }),
    ],
  ];
  it.each(cases)("is a plain record when it %s", (_, data) => {
    const users = [...userRecordsOf("shard", record(data))];
    expect(users).toHaveLength(1);
    expect(users[0]).toMatchObject({ partitionKey: "outer", subSequenceNumber: undefined, data });
  });
});

describe("decompression", () => {
  it.each([
    ["gzip", gzipSync("content")],
    ["zlib", deflateSync("content")],
    ["zlib at another level", deflateSync("content", { level: 1 })],
    ["zlib with a small window", deflateSync("content", { windowBits: 9 })],
    ["gzip of two members", Buffer.concat([gzipSync("con"), gzipSync("tent")])],
  ])("reverses %s", (_, packed) => {
    expect(text(unpacked(packed))).toBe("content");
  });

  const zstd = Reflect.get(zlib, "zstdCompressSync") as typeof gzipSync | undefined;
  it.skipIf(zstd === undefined)(`undoes Zstandard where Node has it, which ${process.versions.node} ${zstd === undefined ? "has not" : "has"}`, () => {
    for (const length of [0, 1, 255, 256, 257, 65_535, 65_791, 65_792, 1_000_000]) {
      const content = Buffer.alloc(length, "content");
      expect(text(unpacked(zstd?.(content) ?? content))).toBe(content.toString());
    }
    const packed = zstd?.("content") ?? Buffer.alloc(0);
    for (const broken of [packed.subarray(0, -1), Buffer.concat([packed, Buffer.from("x")])]) expect(unpacked(broken)).toBe(broken);
  });

  it("returns nothing for compressed nothing", () => {
    expect(unpacked(gzipSync(""))).toHaveLength(0);
  });

  it.each([
    ["text", Buffer.from("content")],
    ["nothing", Buffer.alloc(0)],
    ["text that begins as zlib does", Buffer.from("x^2 + y^2")],
    ["truncated gzip", gzipSync("content").subarray(0, -1)],
    ["truncated zlib", deflateSync("content").subarray(0, -1)],
    ["gzip with a byte after its end", Buffer.concat([gzipSync("content"), Buffer.from("\0")])],
    ["zlib with a byte after its end", Buffer.concat([deflateSync("content"), Buffer.from("\n")])],
    ["only the beginning of Zstandard", Buffer.from("28b52ffd", "hex")],
    ["only the beginning of gzip", Buffer.from([0x1f, 0x8b, 8])],
  ])("leaves %s unchanged", (_, data) => {
    expect(unpacked(data)).toBe(data);
  });

  it("leaves data compressed that would exceed the maximum by one byte", () => {
    const packed = gzipSync(Buffer.alloc(1000));
    expect(unpacked(packed, 999)).toBe(packed);
    expect(unpacked(packed, 1000)).toHaveLength(1000);
  });
});
