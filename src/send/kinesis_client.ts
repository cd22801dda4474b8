/** PutRecords through the AWS SDK: the only file that knows it. */
import {
  KinesisClient,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
} from "@aws-sdk/client-kinesis";
import type { ConnectionOptions } from "../config.js";
import { credentialsFor } from "./credentials.js";
import type { Entry } from "../entry.js";
import { createHttpHandler } from "./http_handler.js";
import type { FailedEntry, PutRecordsClient, PutRecordsOutcome } from "./put_records.js";

/** @param version of the plugin, for the user agent */
export function createKinesisClient(
  options: ConnectionOptions,
  eksPodExecutionRole: string | undefined,
  version: string,
): PutRecordsClient {
  const { region, endpoint, roleArn, stsEndpoint, stream, requestTimeoutMs } = options;
  const client = new KinesisClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    credentials: credentialsFor({ region, eksPodExecutionRole, roleArn, stsEndpoint }),
    requestHandler: createHttpHandler(),
    maxAttempts: 1,
    customUserAgent: [["aws-fluent-bit-plugin", version]],
  });
  const target = stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
  const closing = new AbortController();

  return {
    async putRecords(entries) {
      const timeout = requestTimeoutMs === 0 ? undefined : AbortSignal.timeout(requestTimeoutMs);
      const attempt = new AbortController();
      const abort = () => attempt.abort();
      timeout?.addEventListener("abort", abort);
      closing.signal.addEventListener("abort", abort);
      if (closing.signal.aborted) abort();
      try {
        const command = new PutRecordsCommand({ ...target, Records: entries.map(requestEntry) });
        const answer = client.send(command, { abortSignal: attempt.signal });
        // The SDK does not abort while it fetches credentials.
        return readAnswer(await Promise.race([answer, endOf(attempt.signal)]), entries.length);
      } catch (error) {
        if (timeout?.aborted === true) {
          const message = `no answer within http_request_timeout (${requestTimeoutMs / 1000} s)`;
          return { kind: "failed", code: "RequestTimeout", message, isTransient: true };
        }
        return readError(error);
      } finally {
        timeout?.removeEventListener("abort", abort);
        closing.signal.removeEventListener("abort", abort);
      }
    },
    close() {
      closing.abort();
      client.destroy();
    },
  };
}

/** Rejects when the signal is aborted. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(Object.assign(new Error("the attempt was ended"), { name: "AbortError" }));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

function requestEntry(entry: Entry): { Data: Uint8Array; PartitionKey: string } {
  return { Data: entry.data, PartitionKey: entry.partitionKey };
}

function readAnswer(answer: PutRecordsCommandOutput, sent: number): PutRecordsOutcome {
  if (answer.FailedRecordCount === 0) return { kind: "answered", failed: [] };
  const results = answer.Records;
  if (results?.length !== sent) {
    const message = `the endpoint answered for ${results?.length ?? 0} of ${sent} records; is it a Kinesis endpoint?`;
    return { kind: "failed", code: "InvalidAnswer", message, isTransient: true };
  }
  const failed: FailedEntry[] = [];
  results.forEach(({ ErrorCode, ErrorMessage, SequenceNumber }, index) => {
    if (ErrorCode === undefined && SequenceNumber !== undefined) return;
    failed.push({ index, code: ErrorCode ?? "UnknownError", message: ErrorMessage ?? "" });
  });
  return { kind: "answered", failed };
}

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

function readError(error: unknown): PutRecordsOutcome {
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
