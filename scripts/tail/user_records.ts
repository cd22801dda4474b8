/** What a producer put into a stream record: one user record, or those of an aggregate. */
import { subRecordsOf } from "./aggregates.js";
import type { StreamRecord } from "./stream_api.js";
import { unpacked } from "./unpacking.js";

export interface UserRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** The place in its aggregate; undefined for a record that was sent on its own. */
  readonly subSequenceNumber: number | undefined;
  /** When the stream took it; undefined if the service does not say. */
  readonly time: Date | undefined;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** Unpacked. */
  readonly data: Uint8Array;
}

/** One after another: each is unpacked when it is asked for, since all of an aggregate together may fill the memory. */
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
