// Tests how errors of requests are classified: as transient, as a fault of the setup, or of the content.
import { describe, expect, it } from "vitest";
import { CredentialsTimeout } from "../../../src/credentials/renewing_credentials.js";
import { CredentialsFailure, readFailure } from "../../../src/kinesis/failure.js";
import { messageOf } from "../../support/service_responses.js";

/** Returns an error as the SDK creates it from a response of the service. */
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
  ])("with %s (%i) has the cause content", (name, status, message) => {
    expect(readFailure(refusal(name, status, message))).toMatchObject({ code: name, cause: "content" });
  });

  it.each([
    "1 validation error detected: Value 'a b' at 'streamName' failed to satisfy constraint",
    "Stream ARN does not belong to the account",
  ])("of the stream's name has the cause setup: %s", (message) => {
    expect(readFailure(refusal("ValidationException", 400, message))).toMatchObject({ cause: "setup" });
  });

  it("is reported without the value that the service quotes, which may be a partition key", () => {
    const message = "2 errors: Value 'se\ncret' at 'records.1.member.partitionKey' failed; Value 'too' at 'records.2' failed";
    expect(readFailure(refusal("ValidationException", 400, message)).message).toBe(
      "2 errors: A value at 'records.2' failed",
    );
  });

  it("that quotes a partition key containing 'stream' has the cause content", () => {
    const message = "1 validation error detected: Value 'upstream' at 'records.1.member.partitionKey' failed to satisfy constraint";
    expect(readFailure(refusal("ValidationException", 400, message))).toMatchObject({ cause: "content" });
  });

  it("of a signature is reported without the canonical request, which contains the session token", () => {
    const message = messageOf("InvalidSignatureException", { "x-amz-security-token": "secret" });
    expect(message).toContain("x-amz-security-token:secret");
    expect(readFailure(refusal("InvalidSignatureException", 400, message)).message).toMatch(
      /^The request signature we calculated .* Consult the service documentation for details\.$/,
    );
  });

  it.each(["Signature expired: 20260101T000000Z is now earlier", "Signature not yet current: 2030"])("for its time (%s) is transient", (message) => {
    expect(readFailure(refusal("InvalidSignatureException", 400, message))).toMatchObject({ cause: "transient" });
  });

  it("that corrected the clock is transient", () => {
    const error = refusal("InvalidSignatureException", 400);
    expect(readFailure(error)).toMatchObject({ cause: "setup" });
    Object.assign(error, { $metadata: { httpStatusCode: 400, clockSkewCorrected: true } });
    expect(readFailure(error)).toMatchObject({ cause: "transient" });
  });
});

describe("a refusal that is not from the service", () => {
  it.each([
    [413, "content"],
    [429, "transient"],
    [503, "transient"],
    [403, "setup"],
  ])("with status %i is classified by its status, with cause %s", (status, cause) => {
    const error = refusal("SyntaxError", status, "Unexpected token < in JSON", { "retry-after": "2" });
    expect(readFailure(error)).toMatchObject({ code: `HTTP ${status}`, cause, retryAfterMs: 2000 });
    expect(readFailure(error).message).not.toContain("<");
  });
});

describe("a refusal without a code or message", () => {
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
  ])("is classified by its status: %i is %s", (status, cause) => {
    const failure = readFailure(refusal("Unknown", status, "UnknownError", { "retry-after": "2" }));
    expect(failure).toEqual({ kind: "failed", code: `HTTP ${status}`, message: "no error message in the response", cause, retryAfterMs: 2000 });
  });
});

describe("a failure to get credentials", () => {
  it.each([
    ["ValidationError", 400, "setup"],
    ["SerializationException", 400, "setup"],
    ["UnknownError", 413, "setup"],
    ["AccessDenied", 403, "setup"],
    ["Throttling", 400, "transient"],
    ["ServiceUnavailable", 503, "transient"],
  ])("never has the cause content: %s (%i) is %s", (name, status, cause) => {
    const failure = new CredentialsFailure(refusal(name, status, "AssumeRole failed: because"));
    expect(readFailure(failure)).toMatchObject({ kind: "failed", cause });
  });

  it("keeps the code and message of its cause", () => {
    const error = refusal("ValidationError", 400, "AssumeRole failed: because");
    expect(readFailure(new CredentialsFailure(error))).toMatchObject({ code: "ValidationError", message: "AssumeRole failed: because" });
    const reset = Object.assign(new Error("gone"), { code: "ECONNRESET" });
    expect(readFailure(new CredentialsFailure(reset))).toMatchObject({ code: "ECONNRESET", message: "gone", cause: "transient" });
  });
});

describe("Retry-After", () => {
  const now = () => Date.parse("2030-01-01T00:00:00Z");
  const failureWith = (headers: Readonly<Record<string, string>>) => readFailure(refusal("ServiceUnavailable", 503, "", headers), now);

  it.each([
    ["0", 0],
    ["1", 1000],
    ["7", 7000],
    [" 7 ", 7000],
    ["86400", 86_400_000],
    ["999998", 999_998_000],
    ["999999", 999_999_000],
  ])("of %j seconds is a wait of %i ms", (value, retryAfterMs) => {
    expect(failureWith({ "retry-after": value })).toMatchObject({ retryAfterMs });
  });

  it.each([
    ["Tue, 01 Jan 2030 00:00:10 GMT", 10_000],
    ["Tue, 01 Jan 2030 00:00:01 GMT", 1000],
    ["Tue, 01 Jan 2030 00:00:00 GMT", 0],
    ["Mon, 31 Dec 2029 23:59:59 GMT", 0],
    ["Sat, 12 Jan 2030 13:46:38 GMT", 999_998_000],
    ["Sat, 12 Jan 2030 13:46:39 GMT", 999_999_000],
  ])("at the time %s is a wait of %i ms from this machine's time", (value, retryAfterMs) => {
    expect(failureWith({ "retry-after": value })).toMatchObject({ retryAfterMs });
  });

  it("at a time is counted from the response's Date, since this machine's clock may be wrong", () => {
    const headers = { "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT", date: "Fri, 31 Dec 1999 23:59:50 GMT" };
    expect(failureWith(headers)).toMatchObject({ retryAfterMs: 9000 });
  });

  it("at a time is counted from this machine's time when the Date is invalid", () => {
    expect(failureWith({ "retry-after": "Tue, 01 Jan 2030 00:00:10 GMT", date: "today" })).toMatchObject({ retryAfterMs: 10_000 });
  });

  it.each([
    ["", "empty"],
    ["-1", "negative"],
    ["1.5", "a fraction"],
    ["NaN", "not a number"],
    ["Infinity", "infinite"],
    ["1e3", "in another form"],
    ["soon", "a word"],
    ["1000000", "longer than 11.5 days"],
    ["9".repeat(400), "larger than any number"],
    ["Sat, 12 Jan 2030 13:46:40 GMT", "a time more than 11.5 days away"],
    ["Tue, 99 Jan 2030 00:00:10 GMT", "a day that does not exist"],
    ["Tuesday, 01-Jan-30 00:00:10 GMT", "a date in an obsolete format"],
  ])("of %j is skipped, since it is %s", (value) => {
    expect(failureWith({ "retry-after": value })).not.toHaveProperty("retryAfterMs");
  });

  it.each([
    [{ "x-amz-retry-after": "250" }, 250],
    [{ "x-amz-retry-after": "999999000" }, 999_999_000],
    [{ "retry-after": "2", "x-amz-retry-after": "250" }, 2000],
    [{ "retry-after": "soon", "x-amz-retry-after": "250" }, 250],
  ])("takes precedence over x-amz-retry-after, which has milliseconds: %j is a wait of %i ms", (headers, retryAfterMs) => {
    expect(failureWith(headers as Record<string, string>)).toMatchObject({ retryAfterMs });
  });

  it.each(["", "-1", "0.5", "NaN", "999999001"])("is not read from x-amz-retry-after with %j ms", (value) => {
    expect(failureWith({ "x-amz-retry-after": value })).not.toHaveProperty("retryAfterMs");
  });

  it("of a source of credentials applies to the request that waits for them", () => {
    const failure = new CredentialsFailure(refusal("ServiceUnavailable", 503, "", { "retry-after": "2" }));
    expect(readFailure(failure, now)).toMatchObject({ cause: "transient", retryAfterMs: 2000 });
  });
});

describe("an error without a response of the service", () => {
  it.each([
    ["malformed JSON", new SyntaxError("Unexpected token < in JSON"), "InvalidResponse", "transient"],
    ["a connection that was reset", Object.assign(new Error("gone"), { code: "ECONNRESET" }), "ECONNRESET", "transient"],
    ["an unknown host name", Object.assign(new Error("?"), { code: "ENOTFOUND" }), "ENOTFOUND", "transient"],
    ["an untrusted certificate", Object.assign(new Error("?"), { code: "CERT_HAS_EXPIRED" }), "CERT_HAS_EXPIRED", "setup"],
    ["a certificate for another host", Object.assign(new Error("?"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }), "ERR_TLS_CERT_ALTNAME_INVALID", "setup"],
    ["no credentials", Object.assign(new Error("?"), { name: "CredentialsProviderError" }), "CredentialsProviderError", "setup"],
    ["a silent source of credentials", new CredentialsFailure(new CredentialsTimeout("?")), "CredentialsTimeout", "transient"],
    ["a thrown value that is not an error", "text", "Error", "setup"],
  ])("for %s is classified", (_, error, code, cause) => {
    expect(readFailure(error)).toMatchObject({ kind: "failed", code, cause });
  });
});
