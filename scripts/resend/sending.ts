/** Sends records with PutRecords, and retries only the records that failed. */
import { PutRecordsCommand, type KinesisClient } from "@aws-sdk/client-kinesis";
import { isThrottling } from "../../src/delivery/throttling.js";
import { readFailure } from "../../src/kinesis/failure.js";
import { targetOf } from "../../src/kinesis/stream_target.js";
import { limitsFor, maxLargeRecordBytes, maxRecordBytes, maxRecordsPerRequest } from "../../src/limits.js";
import { utf8Bytes } from "../../src/record/partition_key.js";

/** A record to send. */
export interface Outgoing {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Outcome of an attempt: the failure of each record (undefined for success), or the failure of the request. */
export type Attempt =
  | { readonly kind: "responded"; readonly failures: readonly (Failure | undefined)[] }
  | { readonly kind: "failed"; readonly failure: Failure; readonly cause: "transient" | "setup" | "content"; readonly error: unknown };

/** Reason why a record was not accepted. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Makes one attempt to send a batch. */
export type Put = (stream: string, records: readonly Outgoing[]) => Promise<Attempt>;

/** Returns a Put with the SDK's client. */
export function putWith(client: KinesisClient): Put {
  return async (stream, records) => {
    const entries = records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data }));
    try {
      const { Records: results = [] } = await client.send(new PutRecordsCommand({ ...targetOf(stream), Records: entries }));
      if (results.length !== records.length) throw new Error(`the response has ${results.length} results for ${records.length} records`);
      const failures = results.map(({ ErrorCode: code, ErrorMessage: message = "" }) => (code === undefined ? undefined : { code, message }));
      return { kind: "responded", failures };
    } catch (error) {
      const { code, message, cause } = readFailure(error);
      return { kind: "failed", failure: { code, message }, cause, error };
    }
  };
}

/** Limits of the retries. */
export interface RetryPolicy {
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Maximum attempts of a record or request that fails for another reason than throttling. */
  readonly maxTries: number;
  /** Returns whether the user ended the command. */
  readonly isStopped: () => boolean;
}

/** Outcome of a batch. */
export interface Sent<Record> {
  /** The records that were not accepted, with the reason; undefined if the record was not tried. All others were accepted. */
  readonly unsent: ReadonlyMap<Record, Failure | undefined>;
  /** Error of the SDK after which no further request can succeed: permissions, the stream, network settings. */
  readonly end?: { readonly error: unknown };
}

const firstWaitMs = 200;
const maxWaitMs = 5000;
/** Attempts under throttling: an hour at the maximum wait. */
const maxThrottledTries = 720;

/** Returns the bytes of a record that count against the limit of a request. */
export function sizeOf({ data, partitionKey }: Outgoing): number {
  return data.length + utf8Bytes(partitionKey);
}

/** Returns whether a batch has room for one more record. */
export function hasRoom(records: number, bytes: number, next: Outgoing): boolean {
  const isLarge = bytes + sizeOf(next) > limitsFor(maxRecordBytes).maxRequestBytes;
  return records === 0 || (records < maxRecordsPerRequest && !isLarge);
}

/** Sends a batch until each record is accepted or given up. */
export async function sendBatch<Record extends Outgoing>(stream: string, batch: readonly Record[], put: Put, policy: RetryPolicy): Promise<Sent<Record>> {
  const { sleep, maxTries, isStopped } = policy;
  let left = new Map<Record, Failure | undefined>(batch.map((record) => [record, undefined]));
  for (let tries = 1; left.size > 0; tries++) {
    const records = [...left.keys()];
    const attempt = await put(stream, records);
    if (attempt.kind === "failed" && attempt.cause === "content") return sendHalves(stream, records, attempt.failure, put, policy);
    if (attempt.kind === "failed" && attempt.cause === "setup") return { unsent: left, end: { error: attempt.error } };
    left = new Map();
    for (const [index, record] of records.entries()) {
      const failure = attempt.kind === "responded" ? attempt.failures[index] : attempt.failure;
      if (failure !== undefined) left.set(record, failure);
    }
    const isThrottled = [...left.values()].every((failure) => isThrottling(failure?.code ?? ""));
    if (isStopped() || tries >= (isThrottled ? maxThrottledTries : maxTries)) break;
    if (left.size > 0) await sleep(Math.min(firstWaitMs * 2 ** (tries - 1), maxWaitMs));
  }
  return { unsent: left };
}

/** Halves a batch that is rejected for its content, until the invalid record is alone. */
async function sendHalves<Record extends Outgoing>(
  stream: string,
  batch: readonly Record[],
  failure: Failure,
  put: Put,
  policy: RetryPolicy,
): Promise<Sent<Record>> {
  if (batch.length === 1) return { unsent: new Map(batch.map((record) => [record, failure])) };
  const [first, second] = [batch.slice(0, batch.length >>> 1), batch.slice(batch.length >>> 1)];
  const one = await sendBatch(stream, first, put, policy);
  if (one.end !== undefined) return { ...one, unsent: new Map([...one.unsent, ...second.map((record) => [record, undefined] as const)]) };
  const other = await sendBatch(stream, second, put, policy);
  return { ...other, unsent: new Map([...one.unsent, ...other.unsent]) };
}

/** Returns whether a record is within the limit of any stream. */
export function isSendable(record: Outgoing): boolean {
  return sizeOf(record) <= maxLargeRecordBytes;
}
