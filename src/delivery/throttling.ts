/** Recognizes the error codes of throttling, for an entry or for a whole request. */

/** The code of an entry whose shard is at its limit. Source: Kinesis API Reference, PutRecords. */
export const shardThrottlingCode = "ProvisionedThroughputExceededException";

// Source: Kinesis API Reference, PutRecords and Common Errors; AWS SDKs Reference Guide, Retry behavior.
const codes = new Set([
  shardThrottlingCode,
  "LimitExceededException",
  "KMSThrottlingException",
  "ThrottlingException",
  "Throttling",
  "RequestLimitExceeded",
]);

/** Returns whether the code of an entry or of a whole request means throttling. */
export function isThrottling(code: string): boolean {
  return codes.has(code);
}
