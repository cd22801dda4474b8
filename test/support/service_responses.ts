// Makes Kinesis' responses with the real service's wording, including everything that a careless log would leak.
import type { IncomingHttpHeaders } from "node:http";

const account = "123456789012";

const messages: Readonly<Record<string, string>> = {
  ProvisionedThroughputExceededException: `Rate exceeded for shard shardId-000000000000 in stream any under account ${account}.`,
  InternalFailure: "Internal Service Failure",
  ResourceNotFoundException: `Stream any under account ${account} not found.`,
  AccessDeniedException: `User: arn:aws:iam::${account}:user/writer is not authorized to perform: kinesis:PutRecords on resource: arn:aws:kinesis:us-east-1:${account}:stream/any because no identity-based policy allows the kinesis:PutRecords action`,
  ValidationException: "1 validation error detected: Value 'QUOTED-VALUE' at 'records.1.member.partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256",
  ExpiredTokenException: "The security token included in the request is expired",
  KMSThrottlingException: "The request was denied due to request throttling of the key.",
};

/** Returns the message of an error; a wrong signature's repeats what was signed, with the session token, as AWS's does. */
export function messageOf(code: string, headers: IncomingHttpHeaders): string {
  if (code !== "InvalidSignatureException") return messages[code] ?? "The request failed";
  const signed = ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"];
  const lines = signed.flatMap((name) => (headers[name] === undefined ? [] : [`${name}:${String(headers[name])}`]));
  return [
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    `\nThe Canonical String for this request should have been\n'POST\n/\n\n${lines.join("\n")}\n\n${signed.join(";")}'\n`,
  ].join("\n");
}

/** The response of a captive portal. */
export const captivePortal =
  "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>Please log in to use this network</h1></body></html>\n";

/** Returns the response to ListShards: this many shards of equal size. */
export function answerShards(count: number): string {
  const share = 2n ** 128n / BigInt(count);
  const shards = Array.from({ length: count }, (_, index) => {
    const last = index === count - 1 ? 2n ** 128n : share * BigInt(index + 1);
    return {
      ShardId: `shardId-${String(index).padStart(12, "0")}`,
      HashKeyRange: { StartingHashKey: String(share * BigInt(index)), EndingHashKey: String(last - 1n) },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    };
  });
  return JSON.stringify({ Shards: shards });
}
