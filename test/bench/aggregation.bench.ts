// Aggregation: our writer against protobufjs, from user records to aggregated records with their MD5.
//
// Runs over 2,000 container log records of about 450 bytes, all of one partition key, once with MD5 (as it is used) and
// once without, since MD5 is the same for both. Prints its machine.
import { createHash } from "node:crypto";
import { bench, describe, expect } from "vitest";
import { Aggregator } from "../../src/aggregate/aggregator.js";
import type { Md5 } from "../../src/aggregate/aggregated_record.js";
import { aggregatedRecordType, writeAggregate } from "../support/kpl_aggregate.js";
import type { Entry } from "../../src/entry.js";
import { containerLogs } from "./container_logs.js";
import { tellMachine } from "./machine.js";

const records = containerLogs(2000).map((body) => Buffer.from(JSON.stringify(body)));
const key = "checkout-7d9f";
const mebibyte = 1024 * 1024;
const limits = { maximumRecordBytes: mebibyte, skipRecordBytes: mebibyte, serviceRecordBytes: 1024 * 1024 };
const md5: Md5 = (bytes) => createHash("md5").update(bytes).digest();
const noMd5 = new Uint8Array(16);

function ours(hash: Md5): Uint8Array[] {
  const written: Uint8Array[] = [];
  const emit = ({ data }: Entry) => written.push(data);
  const aggregator = new Aggregator(limits, { randomKey: () => key, md5: hash, shardMap: undefined, emit });
  records.forEach((record, event) => aggregator.add(record, key, event));
  aggregator.close();
  return written;
}

function message() {
  const parts = records.map((data) => ({ partition_key_index: 0, data }));
  return { partition_key_table: [key], explicit_hash_key_table: [], records: parts };
}

expect(ours(md5).map((bytes) => Buffer.from(bytes))).toEqual([writeAggregate(message())]);
tellMachine(`aggregation: ${records.length} records, ${records.reduce((sum, { length }) => sum + length, 0)} bytes`);

describe("aggregation of 2,000 records, with MD5", () => {
  bench("ours", () => void ours(md5));
  bench("protobufjs", () => {
    const bytes = aggregatedRecordType.encode(message()).finish();
    Buffer.concat([Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2), bytes, md5(bytes)]);
  });
});

describe("aggregation of 2,000 records, without MD5", () => {
  bench("ours", () => void ours(() => noMd5));
  bench("protobufjs", () => {
    const bytes = aggregatedRecordType.encode(message()).finish();
    Buffer.concat([Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2), bytes, noMd5]);
  });
});
