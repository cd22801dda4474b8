/** Reads the service's answers to PutRecords: first whether all was taken, which needs no more than a count. */
import { redactCode, redactMessage } from "../telemetry/redaction.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { FailedEntry, PutRecordsOutcome } from "../delivery/put_records.js";
import type { RequestFormat } from "./request_form.js";

/** Media types of responses: the service's own, and the general ones that other endpoints use. */
const responseFormats = new Map<string, RequestFormat>([
  ["application/x-amz-json-1.1", "json"],
  ["application/json", "json"],
  ["application/x-amz-cbor-1.1", "cbor"],
  ["application/cbor", "cbor"],
]);

/**
 * Reads the format of a response from its content-type: an endpoint may respond to CBOR with JSON.
 * @param requestFormat is the format when the header is missing or unknown
 */
export function formatOfResponse(contentType: string | undefined, requestFormat: RequestFormat): RequestFormat {
  const [mediaType = ""] = (contentType ?? "").split(";", 1);
  return responseFormats.get(mediaType.trim().toLowerCase()) ?? requestFormat;
}

/** Returns whether a body begins like a CBOR map (RFC 8949, 3.1: major type 5). No UTF-8 text begins so. */
export function beginsAsCborMap(body: Uint8Array): boolean {
  return body[0] !== undefined && body[0] >>> 5 === 5;
}

/** Names of members are followed by their values in both forms; a value cannot hold them, or it would have to be escaped. */
const forms = {
  json: { noFailures: /"FailedRecordCount"\s*:\s*0[,}\s]/u, sequenceNumber: '"SequenceNumber"', doubts: ['"ErrorCode"', "null"] },
  // A text of 14 bytes, or of 9; an integer of 0; 0xf6 is null. Sequence numbers and shards are short texts of digits, letters and "-".
  cbor: { noFailures: /FailedRecordCount\0/u, sequenceNumber: "\x6eSequenceNumber", doubts: ["\x69ErrorCode", "\xf6"] },
} as const;

/**
 * Whether an answer says, record by record, that all of so many were taken. False when it does not, or in another form
 * than the service's own: then it is to be read in full.
 * @param answer a character for each byte
 */
export function tookAll(response: string, format: RequestFormat, count: number): boolean {
  const { noFailures, sequenceNumber, doubts } = forms[format];
  if (!noFailures.test(response) || doubts.some((doubt) => response.includes(doubt))) return false;
  let taken = 0;
  for (let at = response.indexOf(sequenceNumber); at >= 0; at = response.indexOf(sequenceNumber, at + sequenceNumber.length)) taken++;
  return taken === count;
}

/** Codes with which an endpoint says that it does not know a form. Source: Smithy, AWS JSON 1.1, "Operation error serialization". */
const formatCodes = new Set(["SerializationException", "UnknownOperationException", "UnsupportedMediaTypeException"]);
const unsupportedMediaType = 415;

/** Whether a request was refused for the form that its body has. */
export function refusesFormat(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata: metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return formatCodes.has(error.name) || metadata?.httpStatusCode === unsupportedMediaType;
}

/** The member that is read of an answer to PutRecords. What is in it is the endpoint's: the SDK does not look. */
export interface PutRecordsResponse {
  readonly Records?: unknown;
}

/** One result, of whose members each may be anything. */
interface PutRecordsResult {
  readonly ErrorCode?: unknown;
  readonly ErrorMessage?: unknown;
  readonly SequenceNumber?: unknown;
  readonly ShardId?: unknown;
}

/** What became of each entry of the request. */
export function readPutRecordsResponse(response: PutRecordsResponse, table: EntryTable, entries: readonly Entry[]): PutRecordsOutcome {
  const results: readonly unknown[] = Array.isArray(response.Records) ? response.Records : [];
  if (results.length !== entries.length) {
    const message = `the endpoint answered for ${results.length} of ${entries.length} records; is it a Kinesis endpoint?`;
    return { kind: "failed", code: "InvalidResponse", message, cause: "transient" };
  }
  const failed: FailedEntry[] = [];
  let strayed = 0;
  results.forEach((result, index) => {
    const { ErrorCode, ErrorMessage, SequenceNumber, ShardId } = (result ?? {}) as PutRecordsResult;
    if ((ErrorCode ?? undefined) !== undefined || (SequenceNumber ?? undefined) === undefined) {
      failed.push({ index, code: redactCode(textOr("UnknownError", ErrorCode)), message: redactMessage(textOr("", ErrorMessage)) });
      return;
    }
    const expected = table.shardIds.of(entries[index] as Entry);
    if (expected !== undefined && ShardId !== expected) strayed++;
  });
  return { kind: "answered", failed, strayed };
}

function textOr(other: string, value: unknown): string {
  return typeof value === "string" && value !== "" ? value : other;
}
