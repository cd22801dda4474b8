/** Reads the errors of requests: the code, the message, and whether a retry can succeed. */
import { redirected } from "../network/redirect.js";
import { headersOf, readRetryAfter } from "../network/retry_after.js";
import { invalidResponse, isUnreadable, messageIn, nameIn, unreadableResponse } from "../network/unreadable_response.js";
import { blamesStream, redactCode, redactMessage } from "../telemetry/redaction.js";
import type { FailureCause, RequestFailure } from "../delivery/kinesis_client.js";
import { isThrottling } from "../delivery/throttling.js";
import { readTlsFault } from "./tls_fault.js";

/** Codes of timeouts: the service's, the SDK's, and that of a silent source of credentials. */
const timeoutCodes = new Set(["RequestTimeout", "RequestTimeoutException", "TimeoutError", "CredentialsTimeout"]);

/** Codes with which the service refuses the content of a request. Source: Kinesis API Reference, Common Errors and PutRecords. */
const contentCodes = new Set([
  "ValidationException",
  "ValidationError",
  "InvalidArgumentException",
  "SerializationException",
  "RequestEntityTooLarge",
  "RequestEntityTooLargeException",
]);
const requestTimeout = 408;
const payloadTooLarge = 413;

/** The SDK's names for a refusal that has only a status. */
const namelessRefusals = new Set(["", "Unknown", "UnknownError"]);

/** The error of a request without credentials. No record is at fault, even when a credentials service's code is one for content. */
export class CredentialsFailure extends Error {
  /** @param cause the error from the source of the credentials */
  constructor(cause: unknown) {
    super("no credentials", { cause });
  }
}

/**
 * Returns the failure for any value that a request throws.
 * @param now returns milliseconds since the epoch, for a date in Retry-After
 */
export function readFailure(error: unknown, now: () => number = Date.now): RequestFailure {
  if (error instanceof CredentialsFailure) {
    const failure = readError(error.cause, now);
    return failure.cause === "content" ? { ...failure, cause: "setup" } : failure;
  }
  const failure = readError(error, now);
  if (failure.code !== redirected) return failure;
  return { ...failure, message: `${failure.message}; check the option endpoint, AWS_ENDPOINT_URL_KINESIS and the proxy` };
}

function readError(error: unknown, now: () => number): RequestFailure {
  const { name, message, code, status, headers, isClockCorrected } = describe(error);
  const isRefusal = status !== undefined && status >= 400;
  const retryAfterMs = readRetryAfter(headers, now);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (name === "SyntaxError" || isUnreadable(error)) {
    if (isRefusal) return { kind: "failed", code: `HTTP ${status}`, message: unreadableResponse, cause: causeOf("", "", status), ...wait };
    return { kind: "failed", code: invalidResponse, message: `${unreadableResponse}, or it broke off`, cause: "transient" };
  }
  if (status !== undefined && namelessRefusals.has(name)) {
    return { kind: "failed", code: `HTTP ${status}`, message: "no error message in the response", cause: causeOf("", "", status), ...wait };
  }
  // No response arrived, the response broke off, or a proxy refused the tunnel.
  if (!isRefusal && code !== undefined) {
    const fault = readTlsFault(code, message);
    if (fault !== undefined) return { kind: "failed", ...fault, ...wait };
    const cause = isSystemCode(code) || timeoutCodes.has(name) ? "transient" : "setup";
    // The error of several refused addresses has no message of its own.
    return { kind: "failed", code: redactCode(code), message: message === "" ? code : redactMessage(message), cause, ...wait };
  }
  // Of concurrent requests, only the first that learned the time is marked as corrected.
  const isLate = isClockCorrected || /^Signature (?:expired|not yet current)/u.test(message);
  const cause = isLate ? "transient" : causeOf(name, message, status);
  return { kind: "failed", code: redactCode(name), message: redactMessage(message), cause, ...wait };
}

function causeOf(name: string, message: string, status: number | undefined): FailureCause {
  if (isThrottling(name) || timeoutCodes.has(name) || name === invalidResponse) return "transient";
  if (status === payloadTooLarge) return "content";
  // A stream name or ARN that the service rejects is the option's fault, not a record's.
  if (contentCodes.has(name) && !blamesStream(message)) return "content";
  return status !== undefined && (status === requestTimeout || status === 429 || status >= 500) ? "transient" : "setup";
}

/**
 * Returns whether a connection failed for a transient reason (ECONNREFUSED, ENOTFOUND …). A certificate's fault is not transient:
 * its code is OpenSSL's (SELF_SIGNED_CERT_IN_CHAIN, INVALID_CA …) or names the certificate.
 */
function isSystemCode(code: string): boolean {
  return code.startsWith("E") && !code.includes("CERT");
}

/** Members of an error, from Node, the SDK or our own reading of a response. */
interface Description {
  readonly name: string;
  readonly message: string;
  /** Code of an error of Node. */
  readonly code: string | undefined;
  /** Status of the HTTP response. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Whether the response corrected the service's time, so that the next request is signed with the right time. */
  readonly isClockCorrected: boolean;
}

function describe(error: unknown): Description {
  const nothing = { code: undefined, status: undefined, headers: {}, isClockCorrected: false };
  if (!(error instanceof Error)) return { ...nothing, name: "Error", message: String(error) };
  const metadata = memberOf(error, "$metadata");
  const status = memberOf(metadata, "httpStatusCode");
  const code = memberOf(error, "code");
  return {
    name: nameIn(error),
    message: messageIn(error),
    code: typeof code === "string" ? code : undefined,
    status: typeof status === "number" ? status : undefined,
    headers: headersOf(error),
    isClockCorrected: memberOf(metadata, "clockSkewCorrected") === true,
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
