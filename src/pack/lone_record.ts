/** Appends the entry of a single user record, wrapped in an aggregate of one if the record looks like an aggregate. */
import type { EntryTable } from "./entry_table.js";
import { utf8Bytes } from "../record/partition_key.js";
import { appendAggregatedRecord, beginsAsAggregate, framingBytes, subRecordBytes, tableEntryBytes, type Md5 } from "./aggregated_record.js";

/** The table and functions that {@link appendLoneRecord} uses. */
export interface LoneRecordDependencies {
  /** The record lies in this table's sink. */
  readonly table: EntryTable;
  readonly md5: Md5;
  /** Returns a partition key for a record without one. */
  readonly randomKey: () => string;
}

const encoder = new TextEncoder();

/** Returns the bytes that an aggregate of one record adds to the record's data; the entry's own partition key is not counted. */
export function wrapperBytes(dataBytes: number, keyBytes: number): number {
  return framingBytes + tableEntryBytes(keyBytes) + subRecordBytes(dataBytes, 0) - dataBytes;
}

/**
 * Appends the entry of the record at the sink's bytes from `start` to `end`. A record that looks like an aggregate is wrapped: a program
 * that can write a log line could otherwise forge an aggregate, from which consumers extract records with partition keys of its choice.
 * @param keyBytes size of the partition key, also of a random key that is not made yet
 * @param event the event's position in the chunk
 * @param shardId the shard that the record is expected to go to
 * @param stream the stream that the record chose; undefined for the output's own
 */
export function appendLoneRecord(
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
