/** Writes the body of a PutRecords request as JSON, in one pass into one buffer. */
import { base64Bytes, bufferOf, putBase64 } from "../bytes/base64.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { randomPartitionKeyCharacters } from "../limits.js";
import type { ByteSink } from "../bytes/byte_sink.js";
import { putRandomKey } from "../record/partition_key.js";
import type { StreamTarget } from "./stream_target.js";

const encoder = new TextEncoder();
const start = '{"Records":[';
const beforeData = '{"Data":"';
const beforeKey = '","PartitionKey":"';
const afterKey = '"},';
const overheadBytes = beforeData.length + beforeKey.length + afterKey.length;
/** Maximum bytes of one UTF-16 unit: a control character becomes `\u00XX`, any other at most three bytes of UTF-8. */
const maxBytesPerUnit = 6;

/** Returns the maximum bytes that {@link writeJsonBody} can write for these entries. */
export function maxJsonBytes({ starts: { numbers: starts }, ends: { numbers: ends }, partitionKeys }: EntryTable, entries: readonly Entry[], target: StreamTarget): number {
  let bytes = start.length + endOf(target).length;
  for (const entry of entries) {
    const partitionKey = partitionKeys[entry];
    const keyBytes = partitionKey === undefined ? randomPartitionKeyCharacters : partitionKey.length * maxBytesPerUnit;
    bytes += overheadBytes + base64Bytes((ends[entry] as number) - (starts[entry] as number)) + keyBytes;
  }
  return bytes;
}

function endOf(target: StreamTarget): Uint8Array {
  return encoder.encode(`],${JSON.stringify(target).slice(1)}`);
}

/**
 * Writes `{"Records":[{"Data":"…","PartitionKey":"…"},…],"StreamName":"…"}`, the data in base64, to an empty sink.
 * Source: Kinesis API Reference, PutRecords, Request Syntax.
 * @param random returns numbers in [0, 1), for the entries without a partition key
 */
export function writeJsonBody(table: EntryTable, entries: readonly Entry[], target: StreamTarget, random: () => number, sink: ByteSink): void {
  const end = endOf(target);
  sink.reserve(maxJsonBytes(table, entries, target));
  const { bytes } = sink;
  const body = bufferOf(bytes);
  let position = put(start, bytes, 0);
  const { starts: { numbers: starts }, ends: { numbers: ends }, partitionKeys } = table;
  let memory = bytes;
  let data = body;
  for (const entry of entries) {
    if (table.memoryOf(entry) !== memory) {
      memory = table.memoryOf(entry);
      data = bufferOf(memory);
    }
    position = put(beforeData, bytes, position);
    position = putBase64(data, starts[entry] as number, ends[entry] as number, body, position);
    position = put(beforeKey, bytes, position);
    position = putKey(partitionKeys[entry], random, bytes, position);
    position = put(afterKey, bytes, position);
  }
  // The end of the body overwrites the comma after the last entry.
  if (entries.length > 0) position--;
  bytes.set(end, position);
  sink.length = position + end.length;
}

function put(ascii: string, bytes: Uint8Array, position: number): number {
  for (let index = 0; index < ascii.length; index++) bytes[position + index] = ascii.charCodeAt(index);
  return position + ascii.length;
}

/** Writes a partition key without its quotes, or a random one. */
function putKey(key: string | undefined, random: () => number, bytes: Uint8Array, position: number): number {
  if (key === undefined) return putRandomKey(random, randomPartitionKeyCharacters, bytes, position);
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    if (unit < 0x20 || unit >= 0x80 || unit === 0x22 || unit === 0x5c) {
      const text = JSON.stringify(key).slice(1, -1);
      return position + encoder.encodeInto(text, bytes.subarray(position)).written;
    }
    bytes[position + index] = unit;
  }
  return position + key.length;
}
