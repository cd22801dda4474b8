// Tests reading the body of a response: its members in both formats, and the code and message of a refusal.
import { cbor } from "@smithy/core/cbor";
import { describe, expect, it } from "vitest";
import type { HttpResponse } from "../../../src/network/exchange.js";
import { readBody, ServiceRefusal } from "../../../src/kinesis/response_body.js";

function responseOf(body: string | Uint8Array, headers: Record<string, string> = {}, statusCode = 200): HttpResponse {
  return { statusCode, reason: undefined, headers, body: Buffer.from(body), isRequestSent: true };
}

describe("readBody", () => {
  it.each([
    ["json", '{"a":1}'],
    ["cbor", cbor.serialize({ a: 1 })],
  ] as const)("returns the members of a body in %s", async (format, body) => {
    expect(await readBody(responseOf(body, { "content-type": `application/x-amz-${format}-1.1` }), "json")).toEqual({ a: 1 });
  });

  it.each(["", "null", "7", '"text"'])("returns no members for %j", async (body) => {
    expect(await readBody(responseOf(body), "json")).toEqual({});
  });

  it.each([
    ["json", "<html>"],
    ["cbor", Uint8Array.of(0xa1)],
  ] as const)("throws an error with status and headers, but without the body, for malformed %s", async (format, body) => {
    const headers = { "content-type": `application/${format}`, "retry-after": "1" };
    const error: unknown = await readBody(responseOf(body, headers, 503), format).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error).toMatchObject({ message: "the body is neither JSON nor CBOR", $metadata: { httpStatusCode: 503 }, $response: { headers } });
  });
});

describe("ServiceRefusal", () => {
  it.each([
    [{}, { __type: "ResourceNotFoundException" }, "ResourceNotFoundException"],
    [{}, { __type: "com.amazonaws.kinesis.v20131202#ResourceNotFoundException" }, "ResourceNotFoundException"],
    [{ "x-amzn-errortype": "AccessDeniedException:http://internal.amazon.com/coral/" }, {}, "AccessDeniedException"],
    [{ "x-amzn-errortype": "FooError" }, { __type: "BarError", code: "BazError" }, "FooError"],
    [{}, { __type: "BarError", code: "BazError" }, "BazError"],
    [{}, { code: "aws#FooError:more" }, "FooError"],
    [{}, {}, ""],
    [{}, { __type: 7 }, ""],
  ])("with the headers %j and the body %j has the code %j", (headers, members, code) => {
    expect(new ServiceRefusal(responseOf("", headers, 400), members, false).name).toBe(code);
  });

  it.each([
    [{ message: "no" }, "no"],
    [{ Message: "No" }, "No"],
    [{ message: ["no"] }, ""],
    [{}, ""],
  ])("of the body %j has the message %j", (members, message) => {
    expect(new ServiceRefusal(responseOf("", {}, 400), members, false).message).toBe(message);
  });

  it.each([
    [499, "client"],
    [500, "server"],
  ])("with the status %i is a fault of the %s", (status, fault) => {
    const refusal = new ServiceRefusal(responseOf("", { date: "d" }, status), {}, true);
    expect(refusal).toMatchObject({ $fault: fault, $metadata: { httpStatusCode: status, clockSkewCorrected: true }, $response: { headers: { date: "d" } } });
  });
});
