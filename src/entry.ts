/** One entry of a PutRecords request. */

/** What goes to the service as one Kinesis record: a user record, or several that were aggregated. */
export interface Entry {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  /** Bytes that count against the limits of records and requests: data and partition key. */
  readonly sizeBytes: number;
  /** 1, or the number of aggregated ones. */
  readonly userRecords: number;
}
