// Tests that requests go on while a container's credentials expire or are rejected.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { PutRecordsClient } from "../../../src/delivery/kinesis_client.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { ScriptedService } from "../../support/scripted_service.js";
import { signerOf } from "../../support/token_service.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";

const entry = entryOf({ data: Buffer.from("x"), partitionKey: "k" });
const hourMs = 3_600_000;

let settings: CredentialSettings;
/** Provides AKID1, AKID2 … in turn. */
let container: ScriptedService;
let kinesis: ScriptedService;
let client: PutRecordsClient;
let isContainerUp: boolean;
let rejectedKeyId: string | undefined;

beforeEach(async () => {
  settings = new CredentialSettings();
  isContainerUp = true;
  rejectedKeyId = undefined;
  container = await ScriptedService.start((_, index) => {
    if (!isContainerUp) return { status: 400, body: "" };
    const Expiration = new Date(Date.now() + settings.aheadMs + hourMs).toISOString();
    return { body: JSON.stringify({ AccessKeyId: `AKID${index + 1}`, SecretAccessKey: "s", Token: "t", Expiration }) };
  });
  kinesis = await ScriptedService.start((request) => {
    if (signerOf(request) === rejectedKeyId) return { status: 400, body: JSON.stringify({ __type: "ExpiredTokenException", message: "old" }) };
    return { body: JSON.stringify({ FailedRecordCount: 0, Records: [{ SequenceNumber: "1", ShardId: "s" }] }) };
  });
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.endpoint);
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const connection = { region: "us-west-2", stream: "logs", endpoint: kinesis.endpoint, requestTimeoutMs: 0, ...none };
  client = createKinesisClient(connection, settings.credentials(), "1", bodiesFor("logs"));
});

afterEach(async () => {
  client.close();
  await kinesis.stop();
  await container.stop();
  settings.remove();
});

/** Sends `count` requests concurrently; returns the keys that signed them. */
async function send(count: number): Promise<(string | undefined)[]> {
  const before = kinesis.requests.length;
  const outcomes = await Promise.all(Array.from({ length: count }, () => client.putRecords(...tableOf([entry]))));
  expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: count }, () => "answered"));
  return kinesis.requests.slice(before).map(signerOf);
}

it("credentials that expire soon are renewed once, while all requests succeed", async () => {
  expect(new Set(await send(8))).toEqual(new Set(["AKID1"]));
  expect(container.requests).toHaveLength(1);
  settings.aheadMs = hourMs - 200_000;
  expect(new Set(await send(8))).toEqual(new Set(["AKID1"]));
  await vi.waitUntil(() => container.requests.length === 2);
  await vi.waitFor(async () => expect(await send(1)).toEqual(["AKID2"]));
  expect(new Set(await send(8))).toEqual(new Set(["AKID2"]));
  expect(container.requests).toHaveLength(2);
});

it("no request is signed with credentials that have expired", async () => {
  await send(1);
  settings.aheadMs = hourMs;
  expect(await send(4)).toEqual(["AKID2", "AKID2", "AKID2", "AKID2"]);
  isContainerUp = false;
  settings.aheadMs = 2 * hourMs + 10_000;
  const before = kinesis.requests.length;
  const failed = { kind: "failed", code: "CredentialsProviderError", cause: "setup" };
  expect(await client.putRecords(...tableOf([entry]))).toMatchObject(failed);
  expect(kinesis.requests).toHaveLength(before);
});

it("while the credentials server fails, requests use the old credentials until they expire", async () => {
  await send(1);
  isContainerUp = false;
  settings.aheadMs = hourMs - 100_000;
  expect(await send(2)).toEqual(["AKID1", "AKID1"]);
  await vi.waitUntil(() => settings.log.at("warning").length === 1);
  expect(settings.log.at("warning")[0]).toContain("responded with status 400");
  expect(await send(2)).toEqual(["AKID1", "AKID1"]);
});

it("after ExpiredTokenException the next requests use new credentials", async () => {
  await send(1);
  rejectedKeyId = "AKID1";
  settings.aheadMs = 60_000;
  expect(await client.putRecords(...tableOf([entry]))).toMatchObject({ kind: "failed", code: "ExpiredTokenException" });
  expect(await send(2)).toEqual(["AKID2", "AKID2"]);
});
