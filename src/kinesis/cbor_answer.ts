/** Turns an answer in CBOR into one in JSON, which the SDK's client can read. */
import { cbor } from "@smithy/core/cbor";
import type { Answer } from "../network/exchange.js";
import { contentTypes } from "./request_form.js";

/** Does so in place; an answer that is no CBOR stays as it is, and the client will say so. Its body must have been read. */
export function turnIntoJson(response: Answer): void {
  let value: unknown;
  try {
    value = cbor.deserialize(response.body);
  } catch {
    return;
  }
  const text = JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? member.toString() : member));
  response.body = Buffer.from(text);
  response.headers["content-type"] = contentTypes.json;
}
