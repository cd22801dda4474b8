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

export function userRecordsOf(shardId: string, record: StreamRecord): UserRecord[] {
  const { sequenceNumber, time, partitionKey, data } = record;
  const common = { shardId, sequenceNumber, time };
  const subRecords = subRecordsOf(data);
  if (subRecords === undefined) {
    const alone = { subSequenceNumber: undefined, explicitHashKey: undefined };
    return [{ ...common, ...alone, partitionKey, data: unpacked(data) }];
  }
  return subRecords.map((sub, subSequenceNumber) => ({ ...common, subSequenceNumber, ...sub, data: unpacked(sub.data) }));
}
