/** Reads responses to PutRecords. A response that reports success for all entries is recognized without parsing. */
import { redactCode, redactMessage } from "../telemetry/redaction.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { FailedEntry, PutRecordsOutcome } from "../delivery/kinesis_client.js";
import type { RequestFormat } from "./request_format.js";

/** Formats by media type: the types of the service, and the general ones that other endpoints use. */
const responseFormats = new Map<string, RequestFormat>([
  ["application/x-amz-json-1.1", "json"],
  ["application/json", "json"],
  ["application/x-amz-cbor-1.1", "cbor"],
  ["application/cbor", "cbor"],
]);

/**
 * Returns the format that a response's content-type names: an endpoint may respond to CBOR with JSON.
 * @param requestFormat the result for a missing or unknown content-type
 */
export function formatOfResponse(contentType: string | undefined, requestFormat: RequestFormat): RequestFormat {
  const [mediaType = ""] = (contentType ?? "").split(";", 1);
  return responseFormats.get(mediaType.trim().toLowerCase()) ?? requestFormat;
}

/** Returns whether a body begins like a CBOR map (RFC 8949, 3.1: major type 5). No UTF-8 text begins so. */
export function beginsAsCborMap(body: Uint8Array): boolean {
  return body[0] !== undefined && body[0] >>> 5 === 5;
}

/**
 * Traces of members in a response's bytes: of a failed count of 0, of a sequence number, and those that require a full read. No value
 * contains the trace of a name: in JSON its quotes would be escaped.
 */
const traces = {
  json: { noFailures: /"FailedRecordCount"\s*:\s*0[,}\s]/u, sequenceNumber: '"SequenceNumber"', doubts: ['"ErrorCode"', "null"] },
  // \x6e begins a text of 14 bytes, \x69 one of 9; \0 is the integer 0 and \xf6 null. Other values are short texts of digits, letters and "-".
  cbor: { noFailures: /FailedRecordCount\0/u, sequenceNumber: "\x6eSequenceNumber", doubts: ["\x69ErrorCode", "\xf6"] },
} as const;

/**
 * Returns whether a response reports success for each of `count` entries. False may also mean an unusual response, which has to be
 * read in full.
 * @param response one character per byte
 */
export function tookAll(response: string, format: RequestFormat, count: number): boolean {
  const { noFailures, sequenceNumber, doubts } = traces[format];
  if (!noFailures.test(response) || doubts.some((doubt) => response.includes(doubt))) return false;
  let taken = 0;
  for (let at = response.indexOf(sequenceNumber); at >= 0; at = response.indexOf(sequenceNumber, at + sequenceNumber.length)) taken++;
  return taken === count;
}

/** Codes with which an endpoint refuses an unknown format. Source: Smithy, AWS JSON 1.1, "Operation error serialization". */
const formatCodes = new Set(["SerializationException", "UnknownOperationException", "UnsupportedMediaTypeException"]);
const unsupportedMediaType = 415;

/** Returns whether a request was refused for the format of its body. */
export function refusesFormat(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata: metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return formatCodes.has(error.name) || metadata?.httpStatusCode === unsupportedMediaType;
}

/** The member of a PutRecords response that the plugin reads. Its type is unchecked: an endpoint may send anything. */
export interface PutRecordsResponse {
  readonly Records?: unknown;
}

/** One result. Its members may have any type. */
interface PutRecordsResult {
  readonly ErrorCode?: unknown;
  readonly ErrorMessage?: unknown;
  readonly SequenceNumber?: unknown;
  readonly ShardId?: unknown;
}

/** Returns the outcome of a request from its response, with the entries that failed. */
export function readPutRecordsResponse(response: PutRecordsResponse, table: EntryTable, entries: readonly Entry[]): PutRecordsOutcome {
  const results: readonly unknown[] = Array.isArray(response.Records) ? response.Records : [];
  if (results.length !== entries.length) {
    const message = `the response has results for ${results.length} of ${entries.length} records; is it a Kinesis endpoint?`;
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
