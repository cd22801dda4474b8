/** Reads the service's answers to PutRecords: first whether all was taken, which needs no more than a count. */
import { withoutSecrets } from "../service_message.js";
import type { Entry } from "../entry.js";
import type { FailedEntry, PutRecordsOutcome } from "./put_records.js";

const noFailures = /"FailedRecordCount"\s*:\s*0[,}\s]/u;
const sequenceNumber = '"SequenceNumber"';
const errorCode = '"ErrorCode"';

/**
 * Whether an answer says, record by record, that all of so many were taken. False when it does not, or in another form
 * than the service's own: then it is to be read in full.
 */
export function tookAll(answer: string, count: number): boolean {
  if (!noFailures.test(answer) || answer.includes(errorCode)) return false;
  let taken = 0;
  for (let at = answer.indexOf(sequenceNumber); at >= 0; at = answer.indexOf(sequenceNumber, at + sequenceNumber.length)) taken++;
  return taken === count;
}

/** The members that are read of an answer to PutRecords. */
export interface PutRecordsAnswer {
  readonly Records?: readonly PutRecordsResult[] | undefined;
}

interface PutRecordsResult {
  readonly ErrorCode?: string | undefined;
  readonly ErrorMessage?: string | undefined;
  readonly SequenceNumber?: string | undefined;
  readonly ShardId?: string | undefined;
}

/** What became of each entry of the request. */
export function readAnswer(answer: PutRecordsAnswer, entries: readonly Entry[]): PutRecordsOutcome {
  const results = answer.Records;
  if (results?.length !== entries.length) {
    const message = `the endpoint answered for ${results?.length ?? 0} of ${entries.length} records; is it a Kinesis endpoint?`;
    return { kind: "failed", code: "InvalidAnswer", message, cause: "transient" };
  }
  const failed: FailedEntry[] = [];
  let strayed = 0;
  results.forEach(({ ErrorCode, ErrorMessage, SequenceNumber, ShardId }, index) => {
    if (ErrorCode !== undefined || SequenceNumber === undefined) {
      failed.push({ index, code: ErrorCode ?? "UnknownError", message: withoutSecrets(ErrorMessage ?? "") });
      return;
    }
    const expected = entries[index]?.shardId;
    if (expected !== undefined && ShardId !== expected) strayed++;
  });
  return { kind: "answered", failed, strayed };
}
