/** The codes with which the service says "too much", for an entry or for a whole request. */

/** The code of an entry whose shard is at its limit, in an answered request. Source: Kinesis API Reference, PutRecords. */
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

/** Whether a code of an entry or of a whole request means that the service is at a limit. */
export function isThrottling(code: string): boolean {
  return codes.has(code);
}
