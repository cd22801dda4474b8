/** Why a request failed, read from what the AWS SDK throws, and what can be done about it. */
import { withoutSecrets } from "../service_message.js";
import type { FailureCause, RequestFailure } from "./put_records.js";
import { isThrottling } from "./throttling.js";

/** Codes of time-outs: the service's, the SDK's, and that of a silent source of credentials. */
const timeoutCodes = new Set(["RequestTimeout", "RequestTimeoutException", "TimeoutError", "CredentialsTimeout"]);

/** Codes with which the service refuses what a request holds. Source: Kinesis API Reference, Common Errors and PutRecords. */
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

/** The SDK's names for a refusal that says nothing but its status. */
const namelessRefusals = new Set(["Unknown", "UnknownError"]);

/** What kept a request from having credentials. No record is at fault, whatever the code says that a service of theirs gave. */
export class CredentialsFailure extends Error {
  /** @param cause what the source of the credentials threw */
  constructor(cause: unknown) {
    super("no credentials", { cause });
  }
}

/**
 * Returns the failure for an error of a request, whatever was thrown.
 * @param now returns milliseconds since the epoch, for a date in Retry-After
 */
export function readFailure(error: unknown, now: () => number = Date.now): RequestFailure {
  if (error instanceof CredentialsFailure) {
    const failure = readFailure(error.cause, now);
    return failure.cause === "content" ? { ...failure, cause: "setup" } : failure;
  }
  const { name, message, code, status, headers, isClockCorrected } = describe(error);
  const isRefusal = status !== undefined && status >= 400;
  const retryAfterMs = readRetryAfter(headers, now);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (name === "SyntaxError") {
    const text = "the answer is not the service's (is there a proxy in between?)";
    if (isRefusal) return { kind: "failed", code: `HTTP ${status}`, message: text, cause: causeOf("", "", status), ...wait };
    return { kind: "failed", code: "InvalidAnswer", message: `${text}, or it broke off`, cause: "transient" };
  }
  if (status !== undefined && namelessRefusals.has(name)) {
    return { kind: "failed", code: `HTTP ${status}`, message: "the answer tells no reason", cause: causeOf("", "", status), ...wait };
  }
  // No response arrived, or it broke off, or a proxy refused the tunnel.
  if (!isRefusal && code !== undefined) {
    const cause = isSystemCode(code) || timeoutCodes.has(name) ? "transient" : "setup";
    // The error of several refused addresses has no message of its own.
    return { kind: "failed", code, message: message === "" ? code : message, cause, ...wait };
  }
  // Of requests side by side, the SDK marks but the first that told it the time.
  const isLate = isClockCorrected || /^Signature (?:expired|not yet current)/u.test(message);
  const told = withoutSecrets(message);
  return { kind: "failed", code: name, message: told, cause: isLate ? "transient" : causeOf(name, told, status), ...wait };
}

/** @param message without what it quotes: a record's key may hold any word */
function causeOf(name: string, message: string, status: number | undefined): FailureCause {
  if (isThrottling(name) || timeoutCodes.has(name)) return "transient";
  if (status === payloadTooLarge) return "content";
  // A name or ARN that the service does not take is the option's fault, not a record's.
  if (contentCodes.has(name) && !/stream/iu.test(message)) return "content";
  return status !== undefined && (status === requestTimeout || status === 429 || status >= 500) ? "transient" : "setup";
}

/** 11.5 days: a longer wait is a mistake of the sender. */
const mostWaitMs = 999_999_000;
/** IMF-fixdate, the only format that a sender may use. Source: RFC 9110, 5.6.7. */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/u;

/**
 * Reads the wait that a response asks for: seconds or a date in Retry-After (RFC 9110, 10.2.3), else milliseconds in
 * x-amz-retry-after. Returns undefined when both are missing, malformed or too long.
 */
function readRetryAfter(headers: Readonly<Record<string, unknown>>, now: () => number): number | undefined {
  const text = (name: string) => {
    const value = headers[name];
    return typeof value === "string" ? value.trim() : "";
  };
  const [wait, amazonWait] = [text("retry-after"), text("x-amz-retry-after")];
  let waitMs = Number.NaN;
  if (/^\d+$/u.test(wait)) waitMs = Number(wait) * 1000;
  else if (httpDate.test(wait)) waitMs = Math.max(0, Date.parse(wait) - timeOf(text("date"), now));
  else if (/^\d+$/u.test(amazonWait)) waitMs = Number(amazonWait);
  return waitMs <= mostWaitMs ? waitMs : undefined;
}

/** Returns the sender's time from its header Date, since this machine's clock may be wrong; without a Date this machine's. */
function timeOf(date: string, now: () => number): number {
  return httpDate.test(date) ? Date.parse(date) : now();
}

/**
 * Whether a connection failed for a reason that may pass (ECONNREFUSED, ENOTFOUND …). A certificate's fault does not:
 * those codes are OpenSSL's (SELF_SIGNED_CERT_IN_CHAIN, INVALID_CA …) or name the certificate.
 */
function isSystemCode(code: string): boolean {
  return code.startsWith("E") && !code.includes("CERT");
}

interface Description {
  readonly name: string;
  readonly message: string;
  /** Of an error of Node's. */
  readonly code: string | undefined;
  /** Of HTTP. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The SDK has learned from the answer that the machine's clock is wrong, and signs the next request with the right time. */
  readonly isClockCorrected: boolean;
}

function describe(error: unknown): Description {
  const nothing = { code: undefined, status: undefined, headers: {}, isClockCorrected: false };
  if (!(error instanceof Error)) return { ...nothing, name: "Error", message: String(error) };
  const metadata = memberOf(error, "$metadata");
  const status = memberOf(metadata, "httpStatusCode");
  const code = memberOf(error, "code");
  const headers = memberOf(memberOf(error, "$response"), "headers");
  return {
    name: error.name,
    message: error.message,
    code: typeof code === "string" ? code : undefined,
    status: typeof status === "number" ? status : undefined,
    headers: typeof headers === "object" && headers !== null ? { ...headers } : {},
    isClockCorrected: memberOf(metadata, "clockSkewCorrected") === true,
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
