/** Decodes aggregated records of the KPL. */
import { createHash } from "node:crypto";
import protobuf from "protobufjs";

/** Source: amazon-kinesis-producer, aggregation-format.md. Tags are left out: the tool does not show them. */
const definition = `
  syntax = "proto2";
  message AggregatedRecord {
    repeated string partition_key_table     = 1;
    repeated string explicit_hash_key_table = 2;
    repeated Record records                 = 3;
  }
  message Record {
    required uint64 partition_key_index     = 1;
    optional uint64 explicit_hash_key_index = 2;
    required bytes  data                    = 3;
  }`;
const type = protobuf.parse(definition, { keepCase: true }).root.lookupType("AggregatedRecord");

const magic = Buffer.from("f3899ac2", "hex");
const md5Bytes = 16;

export interface SubRecord {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
}

interface Message {
  readonly partition_key_table: readonly string[];
  readonly explicit_hash_key_table: readonly string[];
  readonly records: readonly {
    readonly partition_key_index: number;
    readonly explicit_hash_key_index?: number;
    readonly data: Uint8Array;
  }[];
}

/**
 * Returns the user records inside a stream record. Returns undefined if it is not a valid aggregate: no magic number, a
 * wrong MD5, a truncated protobuf, or an index outside its tables.
 */
export function subRecordsOf(data: Uint8Array): SubRecord[] | undefined {
  if (data.length < magic.length + md5Bytes || !magic.equals(data.subarray(0, magic.length))) return undefined;
  const bytes = data.subarray(magic.length, data.length - md5Bytes);
  const md5 = createHash("md5").update(bytes).digest();
  if (!md5.equals(data.subarray(data.length - md5Bytes))) return undefined;
  const message = decode(bytes);
  const subRecords: SubRecord[] = [];
  for (const record of message?.records ?? []) {
    const { partition_key_index: keyIndex, explicit_hash_key_index: hashKeyIndex } = record;
    const partitionKey = message?.partition_key_table[keyIndex];
    const explicitHashKey = hashKeyIndex === undefined ? undefined : message?.explicit_hash_key_table[hashKeyIndex];
    if (partitionKey === undefined || (explicitHashKey === undefined && hashKeyIndex !== undefined)) return undefined;
    subRecords.push({ partitionKey, explicitHashKey, data: record.data });
  }
  return message === undefined ? undefined : subRecords;
}

function decode(bytes: Uint8Array): Message | undefined {
  try {
    return type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as Message;
  } catch {
    return undefined;
  }
}
