// Reads a PutRecords request from the wire, in JSON or CBOR, and writes responses in the same form.
import type { IncomingHttpHeaders } from "node:http";
import { cbor } from "@smithy/core/cbor";
import type { PutRecord } from "./put_record.js";

export type Form = "json" | "cbor";

interface Body<Data> {
  readonly Records: readonly { readonly Data: Data; readonly PartitionKey: string }[];
}

export function formOf(headers: IncomingHttpHeaders): Form {
  return headers["content-type"] === "application/x-amz-cbor-1.1" ? "cbor" : "json";
}

/** Returns the records of a request's body. @throws Error if it is not in that form */
export function recordsIn(form: Form, body: Uint8Array): PutRecord[] {
  if (form === "cbor") {
    const { Records: records } = cbor.deserialize(body) as Body<Uint8Array>;
    return records.map(({ Data: data, PartitionKey: partitionKey }) => ({ data, partitionKey }));
  }
  const { Records: records } = JSON.parse(Buffer.from(body).toString("utf8")) as Body<string>;
  return records.map(({ Data: data, PartitionKey: partitionKey }) => ({ data: Buffer.from(data, "base64"), partitionKey }));
}

export function contentOf(form: Form): { readonly "content-type": string } {
  return { "content-type": `application/x-amz-${form}-1.1` };
}

/** Returns the body of a response, or of an error. */
export function bodyIn(form: Form, content: object): Uint8Array {
  return form === "cbor" ? cbor.serialize(content) : Buffer.from(JSON.stringify(content));
}
