/**
 * The bytes of an aggregated record.
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

const magic = [0xf3, 0x89, 0x9a, 0xc2];
const md5Bytes = 16;

/** Bytes of an aggregated record besides its protobuf. */
export const framingBytes = magic.length + md5Bytes;

/** All field numbers are below 16, so a tag is one byte: the number and wire type 0 (varint) or 2 (length, bytes). */
const tagBytes = 1;
const partitionKeyTableTag = (1 << 3) | 2;
const explicitHashKeyTableTag = (2 << 3) | 2;
const recordsTag = (3 << 3) | 2;
const partitionKeyIndexTag = 1 << 3;
const explicitHashKeyIndexTag = 2 << 3;
const dataTag = (3 << 3) | 2;

/** A user record inside an aggregated one. */
export interface SubRecord {
  readonly data: Uint8Array;
  readonly partitionKeyIndex: number;
  /** True when it carries the explicit hash key of the table's first entry. */
  readonly hasExplicitHashKey: boolean;
}

/** MD5 of some bytes, 16 bytes long. */
export type Md5 = (bytes: Uint8Array) => Uint8Array;

/** Bytes of a number as a varint. Source: Protocol Buffers, "Encoding", "Base 128 Varints". */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Bytes that an entry of one of the tables takes. */
export function tableEntryBytes(textBytes: number): number {
  return tagBytes + varintBytes(textBytes) + textBytes;
}

/** Bytes that a sub-record takes within the protobuf. */
export function subRecordBytes(dataBytes: number, partitionKeyIndex: number, hasExplicitHashKey: boolean): number {
  const content = subRecordContentBytes(dataBytes, partitionKeyIndex, hasExplicitHashKey);
  return tagBytes + varintBytes(content) + content;
}

function subRecordContentBytes(dataBytes: number, partitionKeyIndex: number, hasExplicitHashKey: boolean): number {
  // The explicit hash key's index is always 0: a tag and one byte.
  const hashKeyBytes = hasExplicitHashKey ? tagBytes + 1 : 0;
  return tagBytes + varintBytes(partitionKeyIndex) + hashKeyBytes + tagBytes + varintBytes(dataBytes) + dataBytes;
}

/**
 * Writes an aggregated record.
 * @param protobufBytes the exact size of its protobuf, summed up from the functions above
 */
export function encodeAggregatedRecord(
  partitionKeys: readonly Uint8Array[],
  explicitHashKey: Uint8Array | undefined,
  records: readonly SubRecord[],
  protobufBytes: number,
  md5: Md5,
): Uint8Array {
  const bytes = new Uint8Array(framingBytes + protobufBytes);
  let position = 0;
  const putVarint = (value: number) => {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[position++] = (rest % 0x80) | 0x80;
    bytes[position++] = rest;
  };
  const putBytes = (tag: number, content: Uint8Array) => {
    bytes[position++] = tag;
    putVarint(content.length);
    bytes.set(content, position);
    position += content.length;
  };
  bytes.set(magic, position);
  position += magic.length;
  for (const key of partitionKeys) putBytes(partitionKeyTableTag, key);
  if (explicitHashKey !== undefined) putBytes(explicitHashKeyTableTag, explicitHashKey);
  for (const { data, partitionKeyIndex, hasExplicitHashKey } of records) {
    bytes[position++] = recordsTag;
    putVarint(subRecordContentBytes(data.length, partitionKeyIndex, hasExplicitHashKey));
    bytes[position++] = partitionKeyIndexTag;
    putVarint(partitionKeyIndex);
    if (hasExplicitHashKey) {
      bytes[position++] = explicitHashKeyIndexTag;
      bytes[position++] = 0;
    }
    putBytes(dataTag, data);
  }
  bytes.set(md5(bytes.subarray(magic.length, position)), position);
  return bytes;
}
