/** The format of a PutRecords body: AWS JSON 1.1, or the same members in CBOR. */
export type RequestFormat = "json" | "cbor";

/** Content-types of the formats. Source: Kinesis API Reference, PutRecords, Example Request; AWS SDK for Java, AwsCborProtocolFactory. */
export const contentTypes: Readonly<Record<RequestFormat, string>> = {
  json: "application/x-amz-json-1.1",
  cbor: "application/x-amz-cbor-1.1",
};
