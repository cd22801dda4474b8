/** The limits of Kinesis Data Streams that shape records and requests. */

/** Source: Kinesis API Reference, PutRecords, Request Parameters: "Records: Maximum number of 500 items". */
export const maxRecordsPerRequest = 500;

/** Data and partition key of one record, for a stream that was not configured for more (MaxRecordSizeInKiB). */
export const maxRecordBytes = 1024 * 1024;

/**
 * The largest record that a stream can be configured for. Source: Kinesis API Reference, UpdateMaxRecordSize,
 * MaxRecordSizeInKiB ("between 1024 and 10240 KiB"), and PutRecordsRequestEntry, Data ("Maximum length of 10485760").
 */
export const maxLargeRecordBytes = 10 * 1024 * 1024;

/** Data and partition keys, before base64. */
export interface ServiceLimits {
  readonly maxRecordBytes: number;
  readonly maxRequestBytes: number;
}

/**
 * Of any stream, whatever its largest record, partition keys included. Source: AWS Big Data Blog, October 2025, "Amazon Kinesis
 * Data Streams now supports 10x larger record sizes": "a 2x increase in the maximum PutRecords request size from 5MiB to
 * 10MiB"; Fluent Bit's own output has the same since 5.1 (out_kinesis_streams/kinesis_api.h, PUT_RECORDS_PAYLOAD_SIZE).
 * Stand-ins of the service may still refuse more than 5 MiB; such a request is sent again in halves (delivery/round.ts).
 */
const maxRequestBytes = 10 * 1024 * 1024;

/** The limits for a stream that takes records of `recordBytes`. */
export function limitsFor(recordBytes: number): ServiceLimits {
  return { maxRecordBytes: recordBytes, maxRequestBytes };
}

/**
 * What one shard takes in a second, of all producers together: records, and bytes of data and partition keys. Source: Kinesis
 * Developer Guide, Quotas and limits, "1 MB/second or 1,000 records/second" for each shard.
 */
export const shardPerSecond = { records: 1000, bytes: 1024 * 1024 };

/** Unicode characters. Source: Kinesis API Reference, PutRecordsRequestEntry, PartitionKey. */
export const maxPartitionKeyCharacters = 256;

/** Names of streams. Source: Kinesis API Reference, PutRecords, StreamName. */
export const maxStreamNameCharacters = 128;
/** What a stream may be called. */
export const streamNamePattern = /^[\w.-]{1,128}$/u;

/** Length of a random partition key; the Go plugin's. */
export const randomPartitionKeyCharacters = 8;

/**
 * Maps and lists inside each other, below a record's own map; the Go plugin's, whose decoder stops at 1024 with the
 * record and its event counted. Deeper ones are refused, so that no input exhausts the stack.
 */
export const maxNestingDepth = 1021;
