// Lists the faults that the plugin is tested with, and the expected outcome of each.

/** Reply to the first flush of the chunk that meets the fault. */
export type FirstReply = "ok" | "retry" | "any";

export interface FaultCase {
  readonly plan: string;
  readonly first: FirstReply;
  /** Expected message if a flush got retry or records were dropped; undefined if no message is expected. */
  readonly message?: RegExp;
  readonly options?: Readonly<Record<string, string>>;
  /** Whether the fault may cause unavoidable doubles. */
  readonly losesResponses?: boolean;
  /** Number of records that are rejected for their content. */
  readonly refused?: number;
}

const timeout = { http_request_timeout: "1" };

/** Returns retry_timeout: short for plans with "*flush", which last until a flush got retry for lack of time; else long. */
export function retryTimeoutSeconds({ plan }: FaultCase): number {
  return plan.includes("*flush") ? 1 : 60;
}

export const faultCases: readonly FaultCase[] = [
  { plan: "ok", first: "ok" },
  { plan: "fail(0.3:InternalFailure)*3, ok", first: "ok" },
  { plan: "fail(0.5:InternalFailure)*flush, ok", first: "any", message: /InternalFailure/ },
  { plan: "throttle-all*2, ok", first: "ok" },
  { plan: "throttle-all*flush, ok", first: "retry", message: /ProvisionedThroughputExceeded.*Throughput limits/ },
  { plan: "throttle-request*2, ok", first: "ok" },
  // Random keys are drawn again for each request, so all records may have reached another shard in time.
  { plan: "throttle-shard(1)*flush, ok", first: "any", message: /ProvisionedThroughputExceeded.*Throughput limits/ },
  { plan: "ok, throttle-all*flush, fail(0.5:InternalFailure)*flush, ok", first: "any", message: /Will retry/ },
  { plan: "error(400:KMSThrottlingException)*2, ok", first: "ok" },
  { plan: "status(503,retry-after=1)*flush, ok", first: "retry", message: /503|Unknown|Service/ },
  { plan: "status(500)*flush, ok", first: "retry", message: /500|Unknown|Internal/ },
  { plan: "status(502), error(500:InternalFailure), slow(50ms), ok", first: "ok" },
  { plan: "reset*2, ok", first: "ok" },
  { plan: "reset*flush, ok", first: "retry", message: /ECONNRESET|EPIPE|hang up/ },
  { plan: "ok, reset*flush, ok", first: "any", message: /ECONNRESET|EPIPE|hang up/ },
  { plan: "reset-early*2, ok", first: "ok" },
  { plan: "close*4, ok", first: "ok" },
  { plan: "lost-response, ok", first: "ok", losesResponses: true },
  { plan: "reset-mid-response, ok", first: "ok", losesResponses: true },
  { plan: "reset-mid-response*flush, ok", first: "retry", losesResponses: true, message: /ECONNRESET|aborted|hang up/ },
  { plan: "truncated-json, ok", first: "ok", losesResponses: true },
  { plan: "wrong-count(-1), ok", first: "ok", losesResponses: true },
  { plan: "wrong-count(+1)*flush, ok", first: "retry", losesResponses: true, message: /has results for \d+ of \d+ records/ },
  { plan: "html*flush, ok", first: "retry", message: /not from the service|proxy/ },
  { plan: "no-response(3s), ok", first: "any", options: timeout, message: /no response within http_request_timeout/ },
  { plan: "slow(100ms)*6, ok", first: "ok" },
  { plan: "slow(1500ms), ok", first: "any", options: timeout, losesResponses: true, message: /no response within http_request_timeout/ },
  { plan: "not-found*flush, ok", first: "retry", message: /ResourceNotFoundException.*stream and region/ },
  { plan: "denied*flush, ok", first: "retry", message: /AccessDeniedException.*kinesis:PutRecords/ },
  { plan: "expired-token*flush, ok", first: "retry", message: /ExpiredTokenException.*credentials/ },
  { plan: "bad-signature*flush, ok", first: "retry", message: /InvalidSignatureException.*credentials/ },
  { plan: "skew(600s)", first: "ok", message: /InvalidSignatureException.*clock/ },
  { plan: "validation*2, ok", first: "ok" },
  { plan: "too-large(413), ok", first: "ok" },
  { plan: "too-large(413:20000)", first: "ok" },
  { plan: "refuse(poison)", first: "ok", refused: 7, message: /dropped.*ValidationException/ },
  { plan: "reset, refuse(poison)", first: "ok", refused: 7, message: /dropped.*ValidationException/ },
  { plan: "refuse(heading)", first: "ok", refused: 12, message: /dropped.*ValidationException/ },
];

/** A way to use the plugin; `workers` threads flush concurrently. */
export interface Mode {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
  readonly workers: number;
}

const key = { partition_key: "key" };

export const modes: readonly Mode[] = [
  { name: "plain", options: {}, workers: 1 },
  { name: "partition_key", options: key, workers: 1 },
  { name: "aggregation", options: { ...key, aggregation: "true" }, workers: 1 },
  { name: "cbor", options: { ...key, request_format: "cbor" }, workers: 1 },
  { name: "gzip", options: { compression: "gzip" }, workers: 1 },
  { name: "4 threads", options: key, workers: 4 },
];
