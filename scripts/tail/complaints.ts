/** What to tell, and what to do, when the reading fails. */
import { readFailure } from "../../src/kinesis/failure.js";
import type { TailSettings } from "./arguments.js";

const refusedCredentials = new Set([
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "IncompleteSignatureException",
  "MissingAuthenticationTokenException",
]);

/** For whatever was thrown. */
export function complaintOf(error: unknown, settings: TailSettings): string {
  const { code, message, cause } = readFailure(error);
  const { stream, region, endpoint, profile } = settings;
  const place = region ?? "the region that is set up";
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
      : `the profile '${profile}' gives no credentials (${message}); check its name, or run aws sso login --profile ${profile}`;
  }
  if (refusedCredentials.has(code)) {
    return `the credentials are refused (${code}: ${message}); renew them, or name another --profile`;
  }
  if (code.startsWith("KMS")) return `the stream's key can't be used (${code}: ${message}); reading needs kms:Decrypt on it`;
  if (code.startsWith("AccessDenied")) {
    const needed = "kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords";
    return `reading is not allowed (${message}); the credentials need ${needed} on the stream`;
  }
  if (cause === "transient" && /^E[A-Z_]+$|^TimeoutError$/u.test(code)) {
    const where = endpoint ?? `Kinesis in ${place}`;
    return `${where} can't be reached (${code}: ${message}); check --endpoint, --region, the network and HTTPS_PROXY`;
  }
  return code === "Error" || code.endsWith("Error") ? message : `${code}: ${message}`;
}
