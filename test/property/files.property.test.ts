// Property: any content of a file that an output reads is used, or rejected with a message of the plugin.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { readState } from "../../src/files/state_format.js";
import { CredentialSettings } from "../support/credential_settings.js";
import { expectCredentialsOrReason } from "../support/bounded_outcome.js";

const runs = Number(process.env["KINESIS_TEST_ANSWERS"] ?? "150");

/** Returns files of text or of random bytes, with at most one byte changed. */
function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const damage = fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 })));
  return fc.tuple(fc.oneof(text.map((one) => Buffer.from(one)), fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))), damage).map(([file, at]) => {
    if (at !== null && file.length > 0) file[at[0] % file.length] = at[1];
    return file;
  });
}

const profile = fc.constantFrom("default", "own", "other", "__proto__", "constructor", "");
// Without credential_process, which the test would execute.
const key = fc.constantFrom(
  ..."aws_access_key_id,aws_secret_access_key,aws_session_token,region,role_arn,source_profile,credential_source,external_id,role_session_name,mfa_serial".split(","),
  ..."web_identity_token_file,sso_session,sso_start_url,sso_region,sso_account_id,sso_role_name,duration_seconds,login_session,s3,__proto__,toString".split(","),
);
const value = fc.oneof(
  profile,
  fc.constantFrom("AKID", "us-west-2", "arn:aws:iam::123456789012:role/logs", "Environment", "EcsContainer", "Ec2InstanceMetadata", "/dev/null", "/nowhere", "900", "-1", "x # y", "\u2028", "\ud800"),
  fc.string({ maxLength: 8 }),
);
const line = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("", "profile ", "sso-session ", "services "), profile).map(([kind, name]) => `[${kind}${name}]`) },
  { weight: 6, arbitrary: fc.tuple(key, fc.constantFrom(" = ", "=", " =", ": "), value).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.constantFrom("[", "]", "[]", "[profile", "=", "= x", "  nested = y", "# ", ";", "\u0000", "\ufeff[default]") },
);
const shared = damaged(fc.tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom("\n", "\r\n", "\r")).map(([lines, end]) => lines.join(end)));

let settings: CredentialSettings;
beforeEach(() => {
  settings = new CredentialSettings();
  vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
});
afterEach(() => settings.remove());
afterAll(() => vi.unstubAllEnvs());

test("the shared files yield credentials or a reason", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(shared, shared, fc.constantFrom(undefined, "own", "other"), async (config, credentials, chosen) => {
      writeFileSync(path.join(settings.home, "config"), config);
      writeFileSync(path.join(settings.home, "credentials"), credentials);
      // A port without a server.
      const provider = settings.credentials({ profile: chosen, stsEndpoint: "http://127.0.0.1:1" });
      await expectCredentialsOrReason(provider.provide());
      provider.close();
    }),
    { numRuns: runs },
  );
});

test("a web identity's token file yields credentials or a reason", { timeout: 60_000 }, async () => {
  const file = settings.write("token", "");
  vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", file);
  vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/logs");
  await fc.assert(
    fc.asyncProperty(damaged(fc.constantFrom("", "a.b.c", "a.b.c\n", "\n\n", "a\r\nHost: x", "\u0000")), async (token) => {
      writeFileSync(file, token);
      const provider = settings.credentials({ stsEndpoint: "http://127.0.0.1:1" });
      await expectCredentialsOrReason(provider.provide());
      provider.close();
    }),
    { numRuns: Math.ceil(runs / 3) },
  );
});

const destination = { stream: "logs", region: "us-west-2", endpoint: "" };
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64");
const chunk = { tag: "app", bytes: 100, digest: digest(Buffer.from("chunk")), keptAt: 1, left: "AQ==", leftFrom: null };
const odd = fc.oneof(fc.constantFrom<unknown>(null, true, 0, -1, 0.5, 2 ** 53, 1e300, "", "x", "AQ==", [], {}), fc.jsonValue({ maxDepth: 2 }));
const content = fc.oneof(
  fc.tuple(fc.constantFrom(...Object.keys(chunk)), odd).map(([name, other]) => ({ ...destination, chunks: [chunk, { ...chunk, [name]: other }] })),
  fc.tuple(fc.constantFrom("stream", "region", "endpoint", "chunks"), odd).map(([name, other]) => ({ ...destination, chunks: [chunk], [name]: other })),
  odd,
);
/** Mostly with a matching checksum, so that the content behind it is tested. */
const state = fc.tuple(content, fc.constantFrom(1, 1, 1, 2, null), fc.boolean()).map(([kept, version, isWhole]) => {
  const text = JSON.stringify(kept);
  return `${JSON.stringify({ version, sha256: digest(Buffer.from(isWhole ? text : `${text} `)) })}\n${text}\n`;
});

test("a state file is read, or is unusable for a reason", () => {
  fc.assert(
    fc.property(fc.oneof(state, damaged(state).map((bytes) => bytes.toString())), (text) => {
      const read = readState(text, destination, 1000, digest);
      if (read.kind === "unusable") expect(read.why).toMatch(/^(?:it is |it has |it belongs to |its checksum |a chunk in it )/u);
      for (const { tag, chunkBytes, remaining, ageMs } of read.kind === "kept" ? read.deliveries : []) {
        expect([typeof tag, chunkBytes >= 0, remaining.rest >= 0, ageMs >= 0]).toEqual(["string", true, true, true]);
        // At most one bit for each event: the shortest event takes three bytes.
        expect(remaining.bits.length).toBeLessThanOrEqual(chunkBytes / 3 / 8 + 1);
      }
    }),
    { numRuns: 4 * runs },
  );
});
