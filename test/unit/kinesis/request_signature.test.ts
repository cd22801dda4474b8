// Tests signatures against the AWS SDK's own signer, and the caching of signing keys.
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestSigner, type SignedRequest } from "../../../src/kinesis/request_signature.js";

const kinesis: SignedRequest = {
  host: "kinesis.us-west-2.amazonaws.com",
  path: "/",
  target: "Kinesis_20131202.PutRecords",
  region: "us-west-2",
  service: "kinesis",
};
const json = "application/x-amz-json-1.1";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

type Credentials = Parameters<RequestSigner["sign"]>[2];

/** Returns the headers of the SDK's signer, without the hash of the body, which Kinesis does not require. */
async function signedBySdk(request: SignedRequest, body: Uint8Array, contentType: string, by: Credentials, nowMs: number) {
  const signer = new SignatureV4({
    credentials: by,
    region: request.region,
    service: request.service,
    sha256: Hash.bind(null, "sha256"),
    applyChecksum: false,
  });
  const headers = { host: request.host, "content-type": contentType, "x-amz-target": request.target };
  const unsigned = { method: "POST", protocol: "https:", hostname: request.host, path: request.path, headers, body };
  const signed = await signer.sign(unsigned, { signingDate: new Date(nowMs) });
  return signed.headers;
}

describe("a signature", () => {
  it("equals the SDK's for any body, time and credentials", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "Z", "0", "9", "+", "/", "="), minLength: 1, maxLength: 40 });
    const by = fc.record({ accessKeyId: fc.constantFrom("AKIDEXAMPLE", "ASIAEXAMPLE"), secretAccessKey: text }).chain((keys) =>
      fc.oneof(fc.constant(keys), text.map((sessionToken) => ({ ...keys, sessionToken }))),
    );
    const time = fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
    const place = fc.constantFrom("us-west-2", "cn-north-1").map((region) => ({ ...kinesis, region, host: `kinesis.${region}.example:4567` }));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), by, time, place, async (body, keys, date, request) => {
        const signed = new RequestSigner(request).sign(body, json, keys, date.getTime());
        expect(signed).toEqual(await signedBySdk(request, body, json, keys, date.getTime()));
      }),
    );
  });

  it("equals the SDK's for any path of an endpoint", async () => {
    const character = fc.constantFrom("%20", "%2F", ..."a b / . - _ ~ ! $ & ' ( ) * + , ; = : @".split(" "));
    const path = fc.array(character, { maxLength: 12 }).map((characters) => `/${characters.join("")}`);
    await fc.assert(
      fc.asyncProperty(path, async (text) => {
        const request = { ...kinesis, path: text };
        const signed = new RequestSigner(request).sign(Buffer.from("body"), json, credentials, 0);
        expect(signed).toEqual(await signedBySdk(request, Buffer.from("body"), json, credentials, 0));
      }),
    );
  });

  it("equals the SDK's when the day, the secret or the token changes", async () => {
    const signer = new RequestSigner(kinesis);
    const body = Buffer.from("body");
    const midnight = Date.UTC(2026, 0, 1);
    const others = { ...credentials, secretAccessKey: "another", sessionToken: "token" };
    for (const [keys, nowMs] of [[credentials, midnight - 1], [credentials, midnight], [others, midnight], [credentials, midnight + 1]] as const) {
      expect(signer.sign(body, json, keys, nowMs)).toEqual(await signedBySdk(kinesis, body, json, keys, nowMs));
    }
  });

  it("has no security token header for an empty token", () => {
    const signed = new RequestSigner(kinesis).sign(Buffer.from("body"), json, { ...credentials, sessionToken: "" }, 0);
    expect(signed).not.toHaveProperty("x-amz-security-token");
  });
});
