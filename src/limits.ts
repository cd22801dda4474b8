/** Limits of Kinesis Data Streams for records and requests. */

/** Maximum entries of a PutRecords request. Source: Kinesis API Reference, PutRecords, Request Parameters: "Records: Maximum number of 500 items". */
export const maxRecordsPerRequest = 500;

/** Maximum bytes of a record's data and partition key, for a stream without a higher MaxRecordSizeInKiB. */
export const maxRecordBytes = 1024 * 1024;

/**
 * Maximum bytes of a record that a stream can be configured for. Source: Kinesis API Reference, UpdateMaxRecordSize,
 * MaxRecordSizeInKiB ("between 1024 and 10240 KiB"), and PutRecordsRequestEntry, Data ("Maximum length of 10485760").
 */
export const maxLargeRecordBytes = 10 * 1024 * 1024;

/** Limits of a stream. Bytes are those of data and partition keys, before base64. */
export interface ServiceLimits {
  readonly maxRecordBytes: number;
  readonly maxRequestBytes: number;
}

/**
 * Maximum bytes of a PutRecords request, partition keys included, for every stream. Source: AWS Big Data Blog, October 2025, "Amazon
 * Kinesis Data Streams now supports 10x larger record sizes": "a 2x increase in the maximum PutRecords request size from 5MiB to
 * 10MiB"; Fluent Bit's own output has the same since 5.1 (out_kinesis_streams/kinesis_api.h, PUT_RECORDS_PAYLOAD_SIZE).
 * Emulators may still refuse more than 5 MiB; the plugin then retries the request in halves (delivery/round.ts).
 */
const maxRequestBytes = 10 * 1024 * 1024;

/** Returns the limits of a stream that accepts records of up to `recordBytes`. */
export function limitsFor(recordBytes: number): ServiceLimits {
  return { maxRecordBytes: recordBytes, maxRequestBytes };
}

/**
 * Records, and bytes of data and partition keys, that one shard accepts per second from all producers together. Source: Kinesis
 * Developer Guide, Quotas and limits, "1 MB/second or 1,000 records/second" for each shard.
 */
export const shardPerSecond = { records: 1000, bytes: 1024 * 1024 };

/** Maximum Unicode characters of a partition key. Source: Kinesis API Reference, PutRecordsRequestEntry, PartitionKey. */
export const maxPartitionKeyCharacters = 256;

/** Maximum characters of a stream name. Source: Kinesis API Reference, PutRecords, StreamName. */
export const maxStreamNameCharacters = 128;
/** Valid stream names. */
export const streamNamePattern = /^[\w.-]{1,128}$/u;

/** Length of a random partition key, as in the Go plugin. */
export const randomPartitionKeyCharacters = 8;

/**
 * Maximum depth of nested maps and lists below a record's own map. Deeper records are refused, so that no input exhausts the
 * stack. Same limit as in the Go plugin, whose decoder stops at 1024, counting the record and its event.
 */
export const maxNestingDepth = 1021;
