// What the SDK throws, and what that means for the request: later, not before something is mended, or never.
import { describe, expect, it } from "vitest";
import { CredentialsFailure, readFailure } from "../../../src/send/request_failure.js";
import { messageOf } from "../../support/service_answers.js";

/** An error as the SDK makes it of an answer of the service. */
function refusal(name: string, status: number, message = "because", headers: Readonly<Record<string, string>> = {}): Error {
  const members = { name, $metadata: { httpStatusCode: status }, $response: { headers } };
  return Object.assign(new Error(message), members);
}

describe("a refusal", () => {
  it.each([
    ["ValidationException", 400, "A value at 'records.1.member.data' failed to satisfy constraint"],
    ["InvalidArgumentException", 400, "the key is wrong"],
    ["SerializationException", 400, ""],
    ["RequestEntityTooLarge", 413, ""],
    ["RequestEntityTooLargeException", 400, "<html>too large</html>"],
  ])("with %s (%i) is the content's", (name, status, message) => {
    expect(readFailure(refusal(name, status, message))).toMatchObject({ code: name, cause: "content" });
  });

  it.each([
    "1 validation error detected: Value 'a b' at 'streamName' failed to satisfy constraint",
    "Stream ARN does not belong to the account",
  ])("of the stream's name is no record's fault: %s", (message) => {
    expect(readFailure(refusal("ValidationException", 400, message))).toMatchObject({ cause: "setup" });
  });

  it("does not tell the value that the service quotes, since it may be a record's key", () => {
    const message = "2 errors: Value 'se\ncret' at 'records.1.member.partitionKey' failed; Value 'too' at 'records.2' failed";
    expect(readFailure(refusal("ValidationException", 400, message)).message).toBe(
      "2 errors: A value at 'records.1.member.partitionKey' failed; A value at 'records.2' failed",
    );
  });

  it("that quotes a key in which a stream is named is the content's", () => {
    const message = "1 validation error detected: Value 'upstream' at 'records.1.member.partitionKey' failed to satisfy constraint";
    expect(readFailure(refusal("ValidationException", 400, message))).toMatchObject({ cause: "content" });
  });

  it("of a signature does not tell what should have been signed, since the session token is in it", () => {
    const message = messageOf("InvalidSignatureException", { "x-amz-security-token": "secret" });
    expect(message).toContain("x-amz-security-token:secret");
    expect(readFailure(refusal("InvalidSignatureException", 400, message)).message).toMatch(
      /^The request signature we calculated .* Consult the service documentation for details\.$/,
    );
  });

  it.each(["Signature expired: 20260101T000000Z is now earlier", "Signature not yet current: 2030"])("for the time (%s) may pass", (message) => {
    expect(readFailure(refusal("InvalidSignatureException", 400, message))).toMatchObject({ cause: "transient" });
  });

  it("after which the SDK has corrected its clock may pass", () => {
    const error = refusal("InvalidSignatureException", 400);
    expect(readFailure(error)).toMatchObject({ cause: "setup" });
    Object.assign(error, { $metadata: { httpStatusCode: 400, clockSkewCorrected: true } });
    expect(readFailure(error)).toMatchObject({ cause: "transient" });
  });
});

describe("a refusal that is not the service's own", () => {
  it.each([
    [413, "content"],
    [429, "transient"],
    [503, "transient"],
    [403, "setup"],
  ])("of %i is known by its status", (status, cause) => {
    const error = refusal("SyntaxError", status, "Unexpected token < in JSON", { "retry-after": "2" });
    expect(readFailure(error)).toMatchObject({ code: `HTTP ${status}`, cause, retryAfterMs: 2000 });
    expect(readFailure(error).message).not.toContain("<");
  });
});

describe("a refusal without a word", () => {
  it.each([
    [304, "setup"],
    [400, "setup"],
    [403, "setup"],
    [408, "transient"],
    [413, "content"],
    [429, "transient"],
    [499, "setup"],
    [500, "transient"],
    [503, "transient"],
  ])("tells its status: %i", (status, cause) => {
    const failure = readFailure(refusal("Unknown", status, "UnknownError", { "retry-after": "2" }));
    expect(failure).toEqual({ kind: "failed", code: `HTTP ${status}`, message: "the answer tells no reason", cause, retryAfterMs: 2000 });
  });
});

describe("a failure on the way to the credentials", () => {
  it.each([
    ["ValidationError", 400, "setup"],
    ["SerializationException", 400, "setup"],
    ["UnknownError", 413, "setup"],
    ["AccessDenied", 403, "setup"],
    ["Throttling", 400, "transient"],
    ["ServiceUnavailable", 503, "transient"],
  ])("is no record's fault: %s (%i)", (name, status, cause) => {
    const failure = new CredentialsFailure(refusal(name, status, "AssumeRole failed: because"));
    expect(readFailure(failure)).toMatchObject({ kind: "failed", cause });
  });

  it("keeps its code and message", () => {
    const error = refusal("ValidationError", 400, "AssumeRole failed: because");
    expect(readFailure(new CredentialsFailure(error))).toMatchObject({ code: "ValidationError", message: "AssumeRole failed: because" });
    const reset = Object.assign(new Error("gone"), { code: "ECONNRESET" });
    expect(readFailure(new CredentialsFailure(reset))).toMatchObject({ code: "ECONNRESET", message: "gone", cause: "transient" });
  });
});

describe("Retry-After", () => {
  it.each([
    ["0", 0],
    ["7", 7000],
    ["999999", 999_999_000],
  ])("of %s is %i ms", (value, retryAfterMs) => {
    expect(readFailure(refusal("ServiceUnavailable", 503, "", { "retry-after": value }))).toMatchObject({ retryAfterMs });
  });

  it.each(["", "-1", "1.5", "1000000", "Fri, 31 Dec 1999 23:59:59 GMT"])("of %j is passed over", (value) => {
    const failure = readFailure(refusal("ServiceUnavailable", 503, "", { "retry-after": value }));
    expect(failure).not.toHaveProperty("retryAfterMs");
  });
});

describe("no answer of the service", () => {
  it.each([
    ["what is no JSON", new SyntaxError("Unexpected token < in JSON"), "InvalidAnswer", "transient"],
    ["a connection that was reset", Object.assign(new Error("gone"), { code: "ECONNRESET" }), "ECONNRESET", "transient"],
    ["a name that cannot be found", Object.assign(new Error("?"), { code: "ENOTFOUND" }), "ENOTFOUND", "transient"],
    ["a certificate that is not trusted", Object.assign(new Error("?"), { code: "CERT_HAS_EXPIRED" }), "CERT_HAS_EXPIRED", "setup"],
    ["a certificate of another name", Object.assign(new Error("?"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }), "ERR_TLS_CERT_ALTNAME_INVALID", "setup"],
    ["no credentials", Object.assign(new Error("?"), { name: "CredentialsProviderError" }), "CredentialsProviderError", "setup"],
    ["something that is no error", "text", "Error", "setup"],
  ])("%s", (_, error, code, cause) => {
    expect(readFailure(error)).toMatchObject({ kind: "failed", code, cause });
  });
});
