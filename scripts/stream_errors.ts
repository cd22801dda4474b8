/** Explains why a command cannot use its stream, and what to do. */
import { readFailure } from "../src/kinesis/failure.js";
import type { StreamLocation } from "./command_line.js";

const refusedCredentials = new Set([
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "IncompleteSignatureException",
  "MissingAuthenticationTokenException",
]);

/** What a command does with its stream, and the permissions for it. */
export interface StreamUse {
  /** Gerund for messages, such as "sending". */
  readonly name: string;
  /** IAM actions on the stream. */
  readonly actions: string;
  /** IAM action on the stream's KMS key. */
  readonly keyAction: string;
}

/** Returns the message for an error of a call to Kinesis, with advice. */
export function explain(error: unknown, { stream, region, endpoint, profile }: StreamLocation, { name, actions, keyAction }: StreamUse): string {
  const { code, message, cause } = readFailure(error);
  const place = region ?? "the configured region";
  if (code === "ResourceNotFoundException") {
    return `there is no stream '${stream}' in ${place} (${message}); check --stream, --region and --profile`;
  }
  if (message.startsWith("Region is missing")) {
    return "no region is known; name it with --region us-west-2, or set AWS_REGION";
  }
  if (/^(?:CredentialsProvider|TokenProvider|Provider)Error$/u.test(code)) {
    const ways = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run aws configure or aws sso login, or name a --profile";
    return profile === undefined
      ? `no credentials were found (${message}); ${ways}`
      : `the profile '${profile}' has no credentials (${message}); check its name, or run aws sso login --profile ${profile}`;
  }
  if (refusedCredentials.has(code)) {
    return `the credentials are rejected (${code}: ${message}); renew them, or name another --profile`;
  }
  if (code.startsWith("KMS")) return `the stream's key can't be used (${code}: ${message}); ${name} needs ${keyAction} on it`;
  if (code.startsWith("AccessDenied")) {
    return `${name} is not allowed (${message}); the credentials need ${actions} on the stream`;
  }
  if (cause === "transient" && /^E[A-Z_]+$|^TimeoutError$/u.test(code)) {
    const where = endpoint ?? `Kinesis in ${place}`;
    return `${where} can't be reached (${code}: ${message}); check --endpoint, --region, the network and HTTPS_PROXY`;
  }
  return code === "Error" || code.endsWith("Error") ? message : `${code}: ${message}`;
}
