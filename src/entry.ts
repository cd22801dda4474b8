/** One entry of a PutRecords request. */

/** What goes to the service as one Kinesis record: a user record, or several that were aggregated. */
export interface Entry {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  /** Bytes that count against the limits of records and requests: data and partition key. */
  readonly sizeBytes: number;
  /** The event of the chunk that it holds, by its position there, or those of an aggregated record. */
  readonly events: number | readonly number[];
  /** The shard where the shard map expects it; undefined without a map. */
  readonly shardId: string | undefined;
}

/** The number of user records in an entry. */
export function userRecordsOf({ events }: Entry): number {
  return typeof events === "number" ? 1 : events.length;
}
