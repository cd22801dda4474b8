/**
 * Writes the body of a PutRecords request as CBOR, in one pass into one buffer. Data needs no base64 here.
 *
 * Source of the layout: RFC 8949, section 3. The service accepts CBOR as application/x-amz-cbor-1.1, with the same members as in
 * JSON (AWS SDK for Java, AwsCborProtocolFactory).
 */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { randomPartitionKeyCharacters } from "../limits.js";
import type { ByteSink } from "../bytes/byte_sink.js";
import { putRandomKey } from "../record/partition_key.js";
import type { StreamTarget } from "./stream_target.js";

/** Major types, in a head's three highest bits. */
const byteString = 2;
const textString = 3;
const list = 4;
const map = 5;
/** Maximum bytes of a head: the first byte and a length of four bytes. */
const maxHeadBytes = 5;
/** Maximum UTF-8 bytes of one UTF-16 unit. */
const maxBytesPerUnit = 3;

const encoder = new TextEncoder();
const start = `${headOf(map, 2)}${textOf("Records")}`;
const beforeData = `${headOf(map, 2)}${textOf("Data")}`;
const beforeKey = textOf("PartitionKey");
const overheadBytes = beforeData.length + beforeKey.length + 2 * maxHeadBytes;

/** Returns the maximum bytes that {@link writeCborBody} can write for these entries. */
export function maxCborBytes({ starts: { numbers: starts }, ends: { numbers: ends }, partitionKeys }: EntryTable, entries: readonly Entry[], target: StreamTarget): number {
  const [[member, stream]] = Object.entries(target) as [[string, string]];
  let bytes = start.length + 3 * maxHeadBytes + member.length + stream.length * maxBytesPerUnit;
  for (const entry of entries) {
    const keyUnits = partitionKeys[entry]?.length ?? randomPartitionKeyCharacters;
    bytes += overheadBytes + (ends[entry] as number) - (starts[entry] as number) + keyUnits * maxBytesPerUnit;
  }
  return bytes;
}

/**
 * Writes {"Records": [{"Data": bytes, "PartitionKey": text}, …], "StreamName": text} to an empty sink.
 * @param random returns numbers in [0, 1), for the entries without a partition key
 */
export function writeCborBody(table: EntryTable, entries: readonly Entry[], target: StreamTarget, random: () => number, sink: ByteSink): void {
  const [[member, stream]] = Object.entries(target) as [[string, string]];
  const name = encoder.encode(stream);
  sink.reserve(maxCborBytes(table, entries, target));
  const { bytes } = sink;
  let position = put(start, bytes, 0);
  position = putHead(list, entries.length, bytes, position);
  const { starts: { numbers: starts }, ends: { numbers: ends }, partitionKeys } = table;
  for (const entry of entries) {
    const from = starts[entry] as number;
    const end = ends[entry] as number;
    position = put(beforeData, bytes, position);
    position = putHead(byteString, end - from, bytes, position);
    bytes.set(table.memoryOf(entry).subarray(from, end), position);
    position = put(beforeKey, bytes, position + end - from);
    position = putKey(partitionKeys[entry], random, bytes, position);
  }
  position = put(textOf(member), bytes, position);
  position = putHead(textString, name.length, bytes, position);
  bytes.set(name, position);
  sink.length = position + name.length;
}

function putKey(key: string | undefined, random: () => number, bytes: Uint8Array, position: number): number {
  if (key === undefined) {
    const from = putHead(textString, randomPartitionKeyCharacters, bytes, position);
    return putRandomKey(random, randomPartitionKeyCharacters, bytes, from);
  }
  const text = encoder.encode(key);
  const from = putHead(textString, text.length, bytes, position);
  bytes.set(text, from);
  return from + text.length;
}

/** Writes a major type and a count: in the first byte when below 24, else in the 1, 2 or 4 bytes that the first byte announces. */
function putHead(type: number, count: number, bytes: Uint8Array, position: number): number {
  const first = type << 5;
  if (count < 24) {
    bytes[position] = first | count;
    return position + 1;
  }
  if (count < 0x100) {
    bytes[position] = first | 24;
    bytes[position + 1] = count;
    return position + 2;
  }
  if (count < 0x1_0000) {
    bytes[position] = first | 25;
    bytes[position + 1] = count >> 8;
    bytes[position + 2] = count;
    return position + 3;
  }
  bytes[position] = first | 26;
  bytes[position + 1] = count >>> 24;
  bytes[position + 2] = count >> 16;
  bytes[position + 3] = count >> 8;
  bytes[position + 4] = count;
  return position + 5;
}

/** Returns the head of a constant, one character per byte. */
function headOf(type: number, count: number): string {
  return String.fromCharCode((type << 5) | count);
}

function textOf(ascii: string): string {
  return headOf(textString, ascii.length) + ascii;
}

function put(latin1: string, bytes: Uint8Array, position: number): number {
  for (let index = 0; index < latin1.length; index++) bytes[position + index] = latin1.charCodeAt(index);
  return position + latin1.length;
}
