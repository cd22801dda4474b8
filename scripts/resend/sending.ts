/** Sends records by PutRecords, and retries of each request only what was not taken. */
import { PutRecordsCommand, type KinesisClient } from "@aws-sdk/client-kinesis";
import { isThrottling } from "../../src/delivery/throttling.js";
import { readFailure } from "../../src/kinesis/failure.js";
import { targetOf } from "../../src/kinesis/stream_target.js";
import { limitsFor, maxLargeRecordBytes, maxRecordBytes, maxRecordsPerRequest } from "../../src/limits.js";
import { utf8Bytes } from "../../src/record/partition_key.js";

/** A record on its way. */
export interface Outgoing {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** What became of an attempt: of each record why it was not taken, or why none was. */
export type Attempt =
  | { readonly kind: "answered"; readonly failures: readonly (Failure | undefined)[] }
  | { readonly kind: "failed"; readonly failure: Failure; readonly cause: "transient" | "setup" | "content"; readonly error: unknown };

/** Why a record was not taken. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Makes one attempt. */
export type Put = (stream: string, records: readonly Outgoing[]) => Promise<Attempt>;

/** The service behind the SDK's client. */
export function putWith(client: KinesisClient): Put {
  return async (stream, records) => {
    const entries = records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data }));
    try {
      const { Records: results = [] } = await client.send(new PutRecordsCommand({ ...targetOf(stream), Records: entries }));
      if (results.length !== records.length) throw new Error(`the response has ${results.length} results for ${records.length} records`);
      const failures = results.map(({ ErrorCode: code, ErrorMessage: message = "" }) => (code === undefined ? undefined : { code, message }));
      return { kind: "answered", failures };
    } catch (error) {
      const { code, message, cause } = readFailure(error);
      return { kind: "failed", failure: { code, message }, cause, error };
    }
  };
}

/** How long to go on. */
export interface Persistence {
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Of a record or request that fails; throttling is waited out. */
  readonly maxTries: number;
  /** Whether the user ended the command. */
  readonly isStopped: () => boolean;
}

/** What became of a batch. */
export interface Sent<Record> {
  /** Why each of these records was not taken; undefined where it was not tried. All others were taken. */
  readonly unsent: ReadonlyMap<Record, Failure | undefined>;
  /** What the SDK threw, when nothing more can be sent: permissions, the stream, the network's set-up. */
  readonly end?: { readonly error: unknown };
}

const firstWaitMs = 200;
const longestWaitMs = 5000;
/** Throttling for an hour, at the longest wait. */
const maxThrottledTries = 720;

/** Bytes of a record that count against the limit of a request. */
export function sizeOf({ data, partitionKey }: Outgoing): number {
  return data.length + utf8Bytes(partitionKey);
}

/** Whether a batch has room for one more record. */
export function hasRoom(records: number, bytes: number, next: Outgoing): boolean {
  const isLarge = bytes + sizeOf(next) > limitsFor(maxRecordBytes).maxRequestBytes;
  return records === 0 || (records < maxRecordsPerRequest && !isLarge);
}

/** Sends a batch until all is taken or given up. */
export async function sendBatch<Record extends Outgoing>(stream: string, batch: readonly Record[], put: Put, persistence: Persistence): Promise<Sent<Record>> {
  const { sleep, maxTries, isStopped } = persistence;
  let left = new Map<Record, Failure | undefined>(batch.map((record) => [record, undefined]));
  for (let tries = 1; left.size > 0; tries++) {
    const records = [...left.keys()];
    const attempt = await put(stream, records);
    if (attempt.kind === "failed" && attempt.cause === "content") return sendHalves(stream, records, attempt.failure, put, persistence);
    if (attempt.kind === "failed" && attempt.cause === "setup") return { unsent: left, end: { error: attempt.error } };
    left = new Map();
    for (const [index, record] of records.entries()) {
      const failure = attempt.kind === "answered" ? attempt.failures[index] : attempt.failure;
      if (failure !== undefined) left.set(record, failure);
    }
    const isThrottled = [...left.values()].every((failure) => isThrottling(failure?.code ?? ""));
    if (isStopped() || tries >= (isThrottled ? maxThrottledTries : maxTries)) break;
    if (left.size > 0) await sleep(Math.min(firstWaitMs * 2 ** (tries - 1), longestWaitMs));
  }
  return { unsent: left };
}

/** Halves a batch that is refused for its content, until the record at fault is alone. */
async function sendHalves<Record extends Outgoing>(
  stream: string,
  batch: readonly Record[],
  failure: Failure,
  put: Put,
  persistence: Persistence,
): Promise<Sent<Record>> {
  if (batch.length === 1) return { unsent: new Map(batch.map((record) => [record, failure])) };
  const [first, second] = [batch.slice(0, batch.length >>> 1), batch.slice(batch.length >>> 1)];
  const one = await sendBatch(stream, first, put, persistence);
  if (one.end !== undefined) return { ...one, unsent: new Map([...one.unsent, ...second.map((record) => [record, undefined] as const)]) };
  const other = await sendBatch(stream, second, put, persistence);
  return { ...other, unsent: new Map([...one.unsent, ...other.unsent]) };
}

/** Whether a record can be sent at all. */
export function isSendable(record: Outgoing): boolean {
  return sizeOf(record) <= maxLargeRecordBytes;
}
