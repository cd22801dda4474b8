/** Why a request failed, read from what the AWS SDK throws, and whether it may succeed later. */
import type { RequestFailure } from "./put_records.js";

/** Codes of the service that mean "later", besides all answers of 429 and 5xx. */
const throttlingCodes = new Set([
  "ProvisionedThroughputExceededException",
  "LimitExceededException",
  "KMSThrottlingException",
  "ThrottlingException",
  "Throttling",
  "RequestLimitExceeded",
  "RequestTimeout",
  "RequestTimeoutException",
  "TimeoutError",
]);

/** Takes whatever a request of the SDK was rejected with. */
export function readFailure(error: unknown): RequestFailure {
  const { name, message, code, status } = describe(error);
  const isRefusal = status !== undefined && status >= 400;
  // Otherwise no answer came, or it broke off.
  if (!isRefusal && code !== undefined) {
    const isTransient = isSystemCode(code) || throttlingCodes.has(name);
    // The error of several refused addresses has no message of its own.
    return { kind: "failed", code, message: message === "" ? code : message, isTransient };
  }
  const isServerFault = isRefusal && (status === 429 || status >= 500);
  return { kind: "failed", code: name, message, isTransient: isServerFault || throttlingCodes.has(name) };
}

/**
 * Whether a connection failed for a reason that may pass (ECONNREFUSED, ENOTFOUND …). A certificate's fault does not:
 * those codes are OpenSSL's (SELF_SIGNED_CERT_IN_CHAIN, INVALID_CA …) or name the certificate.
 */
function isSystemCode(code: string): boolean {
  return code.startsWith("E") && !code.includes("CERT");
}

function describe(error: unknown): { name: string; message: string; code?: string; status?: number } {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const result = { name: error.name, message: error.message };
  const status = "$metadata" in error ? httpStatus(error.$metadata) : undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return {
    ...result,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
  };
}

function httpStatus(metadata: unknown): number | undefined {
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
