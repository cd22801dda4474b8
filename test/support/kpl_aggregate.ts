// Reads aggregated records of the KPL with protobufjs and the format's own definition; shares no code with ours.
import { createHash } from "node:crypto";
import protobuf from "protobufjs";

/** Source: awslabs/amazon-kinesis-producer, aggregation-format.md. */
const definition = `
  syntax = "proto2";
  message AggregatedRecord {
    repeated string partition_key_table     = 1;
    repeated string explicit_hash_key_table = 2;
    repeated Record records                 = 3;
  }
  message Tag {
    required string key   = 1;
    optional string value = 2;
  }
  message Record {
    required uint64 partition_key_index     = 1;
    optional uint64 explicit_hash_key_index = 2;
    required bytes  data                    = 3;
    repeated Tag    tags                    = 4;
  }`;

export const aggregatedRecordType = protobuf.parse(definition, { keepCase: true }).root.lookupType("AggregatedRecord");

const magic = Buffer.from("f3899ac2", "hex");
const md5Bytes = 16;

export interface ParsedAggregate {
  readonly partition_key_table: readonly string[];
  readonly explicit_hash_key_table: readonly string[];
  readonly records: readonly ParsedRecord[];
}

export interface ParsedRecord {
  readonly partition_key_index: number;
  /** Absent if the record has none. */
  readonly explicit_hash_key_index?: number;
  readonly data: Uint8Array;
}

export function isAggregate(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

/** Returns the protobuf within an aggregated record after checking the magic number and MD5. */
export function protobufOf(bytes: Uint8Array): Uint8Array {
  if (!isAggregate(bytes)) throw new Error("no magic number");
  const message = bytes.subarray(magic.length, bytes.length - md5Bytes);
  const md5 = createHash("md5").update(message).digest();
  if (!md5.equals(bytes.subarray(bytes.length - md5Bytes))) throw new Error("wrong MD5");
  return message;
}

export function parseAggregate(bytes: Uint8Array): ParsedAggregate {
  const message = aggregatedRecordType.decode(protobufOf(bytes));
  const plain = aggregatedRecordType.toObject(message, { longs: Number, arrays: true });
  return plain as ParsedAggregate;
}

/** Returns an aggregated record written by protobufjs. */
export function writeAggregate(aggregate: object): Buffer {
  const message = aggregatedRecordType.encode(aggregatedRecordType.fromObject(aggregate)).finish();
  return Buffer.concat([magic, message, createHash("md5").update(message).digest()]);
}
