/** Reads the bodies of PutRecords responses: their members, or the reason of a refusal. */
import type { HttpResponse } from "../network/exchange.js";
import { beginsAsCborMap, formatOfResponse } from "./put_records_response.js";
import type { RequestFormat } from "./request_format.js";

type Members = Readonly<Record<string, unknown>>;

/**
 * Returns the members of a response's body. An empty body, and one that is not a map, has no members.
 * @param requestFormat format of the body when its content-type names none
 * @throws SyntaxError when the body is neither JSON nor CBOR
 */
export async function readBody({ statusCode, headers, body }: HttpResponse, requestFormat: RequestFormat): Promise<Members> {
  if (body.length === 0) return {};
  const isCbor = formatOfResponse(headers["content-type"], requestFormat) === "cbor" && beginsAsCborMap(body);
  // Loads the SDK's CBOR reader on first use: a response with success for all entries never needs it.
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

/** A refusal by the service, with the members of the SDK's errors. */
export class ServiceRefusal extends Error {
  readonly $fault: "client" | "server";
  readonly $metadata: { readonly httpStatusCode: number; readonly clockSkewCorrected: boolean };
  readonly $response: Pick<HttpResponse, "headers">;

  /** @param isClockCorrected whether the response corrected the service's time for the next request */
  constructor({ statusCode, headers }: HttpResponse, members: Members, isClockCorrected: boolean) {
    super(textOf(members["message"] ?? members["Message"]));
    this.name = codeOf(headers["x-amzn-errortype"] ?? members["code"] ?? members["__type"]);
    this.$fault = statusCode < 500 ? "client" : "server";
    this.$metadata = { httpStatusCode: statusCode, clockSkewCorrected: isClockCorrected };
    this.$response = { headers };
  }
}

/**
 * Returns an error's code alone. Services put a namespace before the code and an address behind it.
 * Source: Smithy, AWS JSON 1.1 protocol, "Operation error serialization".
 */
function codeOf(given: unknown): string {
  const [code = ""] = textOf(given).split(/[,:]/u, 1);
  return code.slice(code.indexOf("#") + 1);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
