/** Reads the bodies of responses to PutRecords: what the service says, or why it refuses. */
import type { HttpResponse } from "../network/exchange.js";
import { beginsAsCborMap, formatOfResponse } from "./put_records_response.js";
import type { RequestFormat } from "./request_form.js";

type Members = Readonly<Record<string, unknown>>;

/**
 * Returns the members of a response's body; none for an empty body, or one that is no map.
 * @param requestFormat is taken where the content-type says nothing
 * @throws SyntaxError when the body is neither JSON nor CBOR
 */
export async function readBody({ statusCode, headers, body }: HttpResponse, requestFormat: RequestFormat): Promise<Members> {
  if (body.length === 0) return {};
  const isCbor = formatOfResponse(headers["content-type"], requestFormat) === "cbor" && beginsAsCborMap(body);
  // The SDK's reader of CBOR is loaded with it, which no response needs that took all records.
  const reader = isCbor ? await import("@smithy/core/cbor") : undefined;
  let value: unknown;
  try {
    value = reader === undefined ? JSON.parse(body.toString()) : reader.cbor.deserialize(body);
  } catch {
    const members = { $metadata: { httpStatusCode: statusCode }, $response: { statusCode, headers } };
    throw Object.assign(new SyntaxError("the body is neither JSON nor CBOR"), members);
  }
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

/** A refusal of the service, with the members that errors of the SDK have. */
export class ServiceRefusal extends Error {
  readonly $fault: "client" | "server";
  readonly $metadata: { readonly httpStatusCode: number; readonly clockSkewCorrected: boolean };
  readonly $response: Pick<HttpResponse, "headers">;

  /** @param isClockCorrected whether the next request will be signed with another time */
  constructor({ statusCode, headers }: HttpResponse, members: Members, isClockCorrected: boolean) {
    super(textOf(members["message"] ?? members["Message"]));
    this.name = codeOf(headers["x-amzn-errortype"] ?? members["code"] ?? members["__type"]);
    this.$fault = statusCode < 500 ? "client" : "server";
    this.$metadata = { httpStatusCode: statusCode, clockSkewCorrected: isClockCorrected };
    this.$response = { headers };
  }
}

/**
 * Returns the code alone: services put their namespace before it and an address behind it.
 * Source: Smithy, AWS JSON 1.1 protocol, "Operation error serialization".
 */
function codeOf(given: unknown): string {
  const [code = ""] = textOf(given).split(/[,:]/u, 1);
  return code.slice(code.indexOf("#") + 1);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
