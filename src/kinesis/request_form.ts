/** What the parts of a PutRecords request agree on: its stream's members, and the form of its body. */

/** Which stream a request goes to, as its members say it. */
export type StreamTarget = { readonly StreamName: string } | { readonly StreamARN: string };

/** How a request names its stream. @param stream a name or an ARN */
export function targetOf(stream: string): StreamTarget {
  return stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
}

/** Of bodies: AWS JSON 1.1, or the same in CBOR. */
export type RequestFormat = "json" | "cbor";

/** Source: Kinesis API Reference, PutRecords, Example Request; AWS SDK for Java, AwsCborProtocolFactory. */
export const contentTypes: Readonly<Record<RequestFormat, string>> = {
  json: "application/x-amz-json-1.1",
  cbor: "application/x-amz-cbor-1.1",
};
