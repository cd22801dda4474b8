/** The limits of Kinesis Data Streams that shape records and requests. */

/** Source: Kinesis API Reference, PutRecords, Request Parameters: "Records: Maximum number of 500 items". */
export const maxRecordsPerRequest = 500;

/** Data and partition keys of one request, before base64. Source: the same, "up to 5 MiB for the entire request". */
export const maxRequestBytes = 5 * 1024 * 1024;

/** Data and partition key of one record. Source: the same, "Each record … can be as large as 1 MiB". */
export const maxRecordBytes = 1024 * 1024;

/** Unicode characters. Source: Kinesis API Reference, PutRecordsRequestEntry, PartitionKey. */
export const maxPartitionKeyCharacters = 256;

/** Length of a random partition key; the Go plugin's. */
export const randomPartitionKeyCharacters = 8;

/** Maps and lists inside each other, below a record's own map. Deeper ones are refused, so that no input exhausts the stack. */
export const maxNestingDepth = 512;
