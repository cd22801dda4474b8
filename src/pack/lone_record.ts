/** Makes the entry of a user record that goes alone, and hides one that looks like an aggregate inside an aggregate of one. */
import type { EntryTable } from "./entry_table.js";
import { utf8Bytes } from "../record/partition_key.js";
import { appendAggregatedRecord, beginsAsAggregate, framingBytes, subRecordBytes, tableEntryBytes, type Md5 } from "./aggregated_record.js";

/** What such an entry is made with. */
export interface LoneRecordDependencies {
  /** The record lies in its sink. */
  readonly table: EntryTable;
  readonly md5: Md5;
  /** A partition key for a record without one. */
  readonly randomKey: () => string;
}

const encoder = new TextEncoder();

/** Returns the bytes that an aggregate of one record takes besides its data and the partition key beside it. */
export function hidingBytes(dataBytes: number, keyBytes: number): number {
  return framingBytes + tableEntryBytes(keyBytes) + subRecordBytes(dataBytes, 0) - dataBytes;
}

/**
 * Appends the entry of the record at the sink's bytes from `start` to `end`. A program that can write a line of a log could
 * otherwise write an aggregate, which consumers take apart into records with keys of the writer's choice.
 * @param keyBytes of the partition key, also of one that is still to be made
 * @param event its position in the chunk
 * @param shardId where it is expected to go
 * @param stream that the record chose; the output's own when unset
 */
export function loneRecord(
  start: number,
  end: number,
  partitionKey: string | undefined,
  keyBytes: number,
  event: number,
  shardId: string | undefined,
  { table, md5, randomKey }: LoneRecordDependencies,
  stream?: string,
): void {
  const { sink } = table;
  if (!beginsAsAggregate(sink.bytes, start, end)) {
    table.append(start, end, partitionKey, end - start + keyBytes, event, shardId, stream);
    return;
  }
  const key = partitionKey ?? randomKey();
  const encodedKey = encoder.encode(key);
  const from = sink.length;
  const protobufBytes = tableEntryBytes(encodedKey.length) + subRecordBytes(end - start, 0);
  appendAggregatedRecord(sink, [encodedKey], undefined, Uint32Array.of(start, end, 0), protobufBytes, md5);
  table.append(from, sink.length, key, sink.length - from + utf8Bytes(key), event, shardId, stream);
}
