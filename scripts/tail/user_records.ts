/** Splits a stream record into its user records: one, or those of an aggregate. */
import { subRecordsOf } from "./aggregates.js";
import type { StreamRecord } from "./stream_api.js";
import { unpacked } from "./unpacking.js";

export interface UserRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Index in its aggregate; undefined for a record outside of an aggregate. */
  readonly subSequenceNumber: number | undefined;
  /** Arrival time; undefined if the service does not report it. */
  readonly time: Date | undefined;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** Decompressed data. */
  readonly data: Uint8Array;
}

/** Yields the user records, each decompressed on demand: all of an aggregate together may exhaust the memory. */
export function* userRecordsOf(shardId: string, record: StreamRecord): Generator<UserRecord, void> {
  const { sequenceNumber, time, partitionKey, data } = record;
  const common = { shardId, sequenceNumber, time };
  const subRecords = subRecordsOf(data);
  if (subRecords === undefined) {
    const alone = { subSequenceNumber: undefined, explicitHashKey: undefined };
    yield { ...common, ...alone, partitionKey, data: unpacked(data) };
    return;
  }
  for (const [subSequenceNumber, sub] of subRecords.entries()) {
    yield { ...common, subSequenceNumber, ...sub, data: unpacked(sub.data) };
  }
}
