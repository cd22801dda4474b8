/**
 * Writes and measures aggregated records.
 *
 * Source: amazon-kinesis-producer, aggregation-format.md: the magic number F3 89 9A C2, an AggregatedRecord as
 * protobuf, and the MD5 of the protobuf.
 *
 *     message AggregatedRecord {
 *       repeated string partition_key_table     = 1;
 *       repeated string explicit_hash_key_table = 2;
 *       repeated Record records                 = 3;
 *     }
 *     message Record {
 *       required uint64 partition_key_index     = 1;
 *       optional uint64 explicit_hash_key_index = 2;
 *       required bytes  data                    = 3;
 *     }
 */
import type { ByteSink } from "../bytes/byte_sink.js";

const magic = [0xf3, 0x89, 0x9a, 0xc2];
const md5Bytes = 16;

/** Bytes of an aggregated record around its protobuf: magic number and MD5. */
export const framingBytes = magic.length + md5Bytes;

/** Returns whether a record begins with the magic number, by which consumers recognize an aggregate. */
export function beginsAsAggregate(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === magic[0] && end - start >= magic.length && magic.every((byte, index) => bytes[start + index] === byte);
}

/** All field numbers are below 16, so a tag is one byte: field number and wire type 0 (varint) or 2 (length, bytes). */
const tagBytes = 1;
const partitionKeyTableTag = (1 << 3) | 2;
const explicitHashKeyTableTag = (2 << 3) | 2;
const recordsTag = (3 << 3) | 2;
const partitionKeyIndexTag = 1 << 3;
const explicitHashKeyIndexTag = 2 << 3;
const dataTag = (3 << 3) | 2;

/**
 * The user records of an aggregate, {@link numbersPerSubRecord} numbers for each: start and end of its data in the sink, and its
 * partition key's index in the table. An object for each would cost more than copying the data.
 */
export type SubRecords = Uint32Array;

/** Numbers that describe one user record in {@link SubRecords}. */
export const numbersPerSubRecord = 3;

/** Returns the MD5 of bytes, 16 bytes long. */
export type Md5 = (bytes: Uint8Array) => Uint8Array;

/** Returns the size of a number below 2^32 as a varint. Source: Protocol Buffers, "Encoding", "Base 128 Varints". */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}

/** Returns the bytes that a key of one of the two tables takes. */
export function tableEntryBytes(textBytes: number): number {
  return tagBytes + varintBytes(textBytes) + textBytes;
}

/**
 * Returns the bytes that a user record takes in the protobuf. Each user record whose key is not the table's first carries the
 * aggregate's one explicit hash key.
 */
export function subRecordBytes(dataBytes: number, partitionKeyIndex: number): number {
  const content = subRecordContentBytes(dataBytes, partitionKeyIndex);
  return tagBytes + varintBytes(content) + content;
}

function subRecordContentBytes(dataBytes: number, partitionKeyIndex: number): number {
  // The explicit hash key's index is always 0: a tag and one byte.
  const hashKeyBytes = partitionKeyIndex > 0 ? tagBytes + 1 : 0;
  return tagBytes + varintBytes(partitionKeyIndex) + hashKeyBytes + tagBytes + varintBytes(dataBytes) + dataBytes;
}

/**
 * Appends an aggregated record to the sink that holds the data of its user records.
 * @param protobufBytes the exact size of the protobuf, as the sum of {@link tableEntryBytes} and {@link subRecordBytes}
 */
export function appendAggregatedRecord(
  sink: ByteSink,
  partitionKeys: readonly Uint8Array[],
  explicitHashKey: Uint8Array | undefined,
  records: SubRecords,
  protobufBytes: number,
  md5: Md5,
): void {
  sink.reserve(framingBytes + protobufBytes);
  const { bytes } = sink;
  bytes.set(magic, sink.length);
  const protobufStart = sink.length + magic.length;
  let position = protobufStart;
  for (const key of partitionKeys) position = putBytes(bytes, position, partitionKeyTableTag, key);
  if (explicitHashKey !== undefined) position = putBytes(bytes, position, explicitHashKeyTableTag, explicitHashKey);
  const numbers = records.length;
  for (let next = 0; next < numbers; next += numbersPerSubRecord) {
    const start = records[next] as number;
    const end = records[next + 1] as number;
    const partitionKeyIndex = records[next + 2] as number;
    bytes[position++] = recordsTag;
    position = putVarint(bytes, position, subRecordContentBytes(end - start, partitionKeyIndex));
    bytes[position++] = partitionKeyIndexTag;
    position = putVarint(bytes, position, partitionKeyIndex);
    if (partitionKeyIndex > 0) {
      bytes[position++] = explicitHashKeyIndexTag;
      bytes[position++] = 0;
    }
    bytes[position++] = dataTag;
    position = putVarint(bytes, position, end - start);
    // Faster than a loop over words from 200 bytes on: 22 ns instead of 79 ns for 450 bytes.
    bytes.copyWithin(position, start, end);
    position += end - start;
  }
  bytes.set(md5(bytes.subarray(protobufStart, position)), position);
  sink.length = position + md5Bytes;
}

function putBytes(bytes: Uint8Array, position: number, tag: number, content: Uint8Array): number {
  bytes[position] = tag;
  const start = putVarint(bytes, position + tagBytes, content.length);
  bytes.set(content, start);
  return start + content.length;
}

function putVarint(bytes: Uint8Array, position: number, value: number): number {
  let to = position;
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes[to++] = (rest & 0x7f) | 0x80;
  bytes[to++] = rest;
  return to;
}
