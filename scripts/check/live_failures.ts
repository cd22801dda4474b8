/** Advises what to do when AWS does not respond or rejects a call. */

/** Error codes for invalid credentials. Source: Kinesis API Reference and AWS STS API Reference, Common Errors. */
const refusedCredentials = new Set([
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "ExpiredTokenException",
  "ExpiredToken",
  "InvalidClientTokenId",
  "IncompleteSignature",
  "IncompleteSignatureException",
  "MissingAuthenticationTokenException",
  "SignatureDoesNotMatch",
]);

/**
 * Returns the advice for a failed call.
 * @param action the AWS name of the call
 */
export function failureAdvice(code: string, message: string, action: string): string {
  if (code === "ResourceNotFoundException") return "Correct 'stream' and 'region', or create the stream; it must be in the account of the credentials";
  if (code.startsWith("AccessDenied") && message.includes("AssumeRole")) {
    return "Allow sts:AssumeRole on the role, and let its trust policy name the identity in the message, with the external_id that it requires";
  }
  if (code.startsWith("AccessDenied") && action === "ListShards") {
    return "Allow kinesis:ListShards on the stream, so that each partition key keeps to its own shard; without it records are sent all the same";
  }
  if (code.startsWith("AccessDenied")) return "The plugin needs kinesis:PutRecords alone; allow kinesis:DescribeStreamSummary on the stream for this check";
  if (/^(?:CredentialsProvider|TokenProvider|Provider)Error$/u.test(code)) {
    return "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or 'profile', or run this where the machine, task or pod has a role";
  }
  if (code === "CredentialsTimeout") return "Make sure that the source in the message runs and is reachable from here, through HTTPS_PROXY if needed";
  if (refusedCredentials.has(code)) return "Renew the credentials, and make sure that the machine's clock is right";
  if (/CERT|SELF_SIGNED|SIGNATURE/u.test(code)) return "Add the certificate's authority to the file that NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE names";
  if (/^E[A-Z_]+$|^TimeoutError$|^AbortError$/u.test(code)) return "Check 'endpoint', 'region', the network and HTTPS_PROXY";
  return "See docs/TROUBLESHOOTING.md";
}
