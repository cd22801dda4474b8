// Tests the roles against an STS on this machine: which roles are assumed, in which order, with which credentials.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watched } from "../../../src/credentials/renewing_credentials.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import { directNetwork } from "../../../src/network/network.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { ScriptedService } from "../../support/scripted_service.js";
import { LocalTokenService, signerOf } from "../../support/token_service.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";

const podRole = "arn:aws:iam::111111111111:role/pod";
const pluginRole = "arn:aws:iam::222222222222:role/plugin";
const entry = entryOf({ data: Buffer.from("x"), partitionKey: "k" });

let tokens: LocalTokenService;
let settings: CredentialSettings;

/** Returns a client of the Kinesis API at the endpoint, with `role_arn`. */
function clientOf(endpoint: string, stsEndpoint: string) {
  const roles = { roleArn: pluginRole, stsEndpoint, profile: undefined, externalId: undefined };
  const connection = { region: "us-west-2", stream: "logs", endpoint, requestTimeoutMs: 0, ...roles };
  return createKinesisClient(connection, settings.credentials(roles), "1", bodiesFor("logs"), directNetwork);
}

beforeEach(async () => {
  settings = new CredentialSettings();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  tokens = await LocalTokenService.start();
});

afterEach(async () => {
  await tokens.stop();
  settings.remove();
});

describe("credentials", () => {
  it.each([
    ["role_arn", { roleArn: pluginRole }, pluginRole, "AKIDPLUGIN"],
    ["EKS_POD_EXECUTION_ROLE", { eksPodExecutionRole: podRole }, podRole, "AKIDPOD"],
  ])("are those of the role in %s", async (_, roles, arn, keyId) => {
    const credentials = settings.credentials({ ...roles, stsEndpoint: tokens.endpoint });
    expect(await credentials.provide()).toMatchObject({ accessKeyId: keyId, sessionToken: expect.stringContaining("token of") as string });
    expect(tokens.calls).toHaveLength(1);
    expect(tokens.calls[0]).toMatchObject({ action: "AssumeRole", signer: "AKIDENVIRONMENT" });
    expect(tokens.calls[0]?.form.get("RoleArn")).toBe(arn);
    expect(tokens.calls[0]?.form.get("RoleSessionName")).toBe("fluent-bit-kinesis");
    expect(tokens.calls[0]?.form.get("ExternalId")).toBeNull();
  });

  it("of both roles come from the pod's role first, which assumes the plugin's; external_id is sent only for the latter", async () => {
    const roles = { eksPodExecutionRole: podRole, roleArn: pluginRole, externalId: "shared:secret" };
    expect(await settings.keyId({ ...roles, stsEndpoint: tokens.endpoint })).toBe("AKIDPLUGIN");
    expect(tokens.calls.map(({ form }) => form.get("RoleArn"))).toEqual([podRole, pluginRole]);
    expect(tokens.calls.map(({ form }) => form.get("ExternalId"))).toEqual([null, "shared:secret"]);
    expect(tokens.calls.map(({ signer }) => signer)).toEqual(["AKIDENVIRONMENT", "AKIDPOD"]);
  });

  it("have the session name and duration of the options, and the defaults without them", async () => {
    const options = { roleArn: pluginRole, roleSessionName: "logs@node-1", roleDurationSeconds: 43_200 };
    await settings.keyId({ ...options, stsEndpoint: tokens.endpoint });
    await settings.keyId({ roleArn: pluginRole, stsEndpoint: tokens.endpoint });
    expect(tokens.calls.map(({ form }) => form.get("RoleSessionName"))).toEqual(["logs@node-1", "fluent-bit-kinesis"]);
    expect(tokens.calls.map(({ form }) => form.get("DurationSeconds"))).toEqual(["43200", null]);
  });

  it.each([
    [900, "900", 0],
    [3600, "3600", 0],
    [3601, "3600", 1],
  ])("of a role that the pod's role assumes last at most an hour: %i s", async (roleDurationSeconds, seconds, warnings) => {
    const options = { eksPodExecutionRole: podRole, roleArn: pluginRole, roleSessionName: "logs", roleDurationSeconds };
    await settings.keyId({ ...options, stsEndpoint: tokens.endpoint });
    expect(tokens.calls.map(({ form }) => form.get("RoleSessionName"))).toEqual(["fluent-bit-kinesis", "logs"]);
    expect(tokens.calls.map(({ form }) => form.get("DurationSeconds"))).toEqual([null, seconds]);
    const found = settings.log.at("warning").filter((text) => text.includes("role_duration"));
    expect(found).toHaveLength(warnings);
    for (const text of found) expect(text).toContain("at most 3600 for a role that is assumed with another role (EKS_POD_EXECUTION_ROLE)");
  });

  it("for longer than the role allows fail with an error that names the option", async () => {
    const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role";
    tokens.refusal = { status: 400, code: "ValidationError", message: `${message}.` };
    const failure = await settings.failure({ roleArn: pluginRole, roleDurationSeconds: 43_200, stsEndpoint: tokens.endpoint });
    expect(failure).toBe(`AssumeRole of ${pluginRole} failed: ${message}; lower 'role_duration' (43200)`);
  });

  it("with external_id alone are those without a role", async () => {
    expect(await settings.keyId({ externalId: "shared", stsEndpoint: tokens.endpoint })).toBe("AKIDENVIRONMENT");
    expect(tokens.calls).toEqual([]);
  });

  it("of a profile assume the role", async () => {
    settings.write("credentials", "[writer]\naws_access_key_id = AKIDWRITER\naws_secret_access_key = s\n");
    expect(await settings.keyId({ profile: "writer", roleArn: pluginRole, stsEndpoint: tokens.endpoint })).toBe("AKIDPLUGIN");
    expect(tokens.calls[0]?.signer).toBe("AKIDWRITER");
  });

  it("that STS rejects are fetched again", async () => {
    const write = (keyId: string) => settings.write("credentials", `[writer]\naws_access_key_id = ${keyId}\naws_secret_access_key = s\n`);
    write("AKIDWRITER");
    tokens.refusal = { status: 400, code: "InvalidClientTokenId", message: "not yet" };
    const credentials = settings.credentials({ profile: "writer", roleArn: pluginRole, stsEndpoint: tokens.endpoint });
    await expect(credentials.provide()).rejects.toThrow("not yet");
    write("AKIDNEXT");
    settings.aheadMs = 5000;
    await expect(credentials.provide()).rejects.toThrow("not yet");
    settings.aheadMs = 10_000;
    tokens.refusal = undefined;
    await credentials.provide();
    expect(tokens.calls.map(({ signer }) => signer)).toEqual(["AKIDWRITER", "AKIDWRITER", "AKIDNEXT"]);
  });

  it("of a role that Kinesis rejects are fetched with new credentials of their source", async () => {
    const write = (keyId: string) => settings.write("credentials", `[writer]\naws_access_key_id = ${keyId}\naws_secret_access_key = s\n`);
    write("AKIDWRITER");
    const credentials = settings.credentials({ profile: "writer", roleArn: pluginRole, stsEndpoint: tokens.endpoint });
    await credentials.provide();
    write("AKIDNEXT");
    settings.aheadMs = 5000;
    const refused = Object.assign(new Error("no"), { name: "ExpiredTokenException" });
    await expect(watched(Promise.reject(refused), credentials)).rejects.toThrow("no");
    await credentials.provide();
    expect(tokens.calls.map(({ signer }) => signer)).toEqual(["AKIDWRITER", "AKIDNEXT"]);
  });

  it("of a role sign the requests to the option endpoint, and are fetched once", async () => {
    const response = { FailedRecordCount: 0, Records: [{ SequenceNumber: "1", ShardId: "s" }] };
    const kinesis = await ScriptedService.start(() => ({ body: JSON.stringify(response) }));
    const client = clientOf(kinesis.endpoint, tokens.endpoint);
    for (let count = 0; count < 3; count++) {
      expect(await client.putRecords(...tableOf([entry]))).toMatchObject({ kind: "answered", failed: [] });
    }
    expect(kinesis.requests.map(signerOf)).toEqual(["AKIDPLUGIN", "AKIDPLUGIN", "AKIDPLUGIN"]);
    expect(kinesis.requests[0]?.headers["x-amz-security-token"]).toBe("token of plugin");
    expect(tokens.calls).toHaveLength(1);
    client.close();
    await kinesis.stop();
  });
});

describe("a role that may not be assumed", () => {
  it("fails requests with the service's code and reason, and names the role", async () => {
    tokens.refusal = { status: 403, code: "AccessDenied", message: "not yours" };
    const client = clientOf("http://127.0.0.1:1", tokens.endpoint);
    const message = `AssumeRole of ${pluginRole} failed: not yours`;
    expect(await client.putRecords(...tableOf([entry]))).toEqual({ kind: "failed", code: "AccessDenied", message, cause: "setup" });
    client.close();
  });

  it.each(["ValidationError", "SerializationException", "UnknownOperationException"])(
    "with %s blames neither a record nor the request format",
    async (code) => {
      const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
      tokens.refusal = { status: 400, code, message };
      const kinesis = await ScriptedService.startTaking();
      const refused = vi.fn();
      const roles = { roleArn: pluginRole, stsEndpoint: tokens.endpoint, profile: undefined, externalId: undefined };
      const connection = { region: "us-west-2", stream: "logs", endpoint: kinesis.endpoint, requestTimeoutMs: 0, ...roles };
      const client = createKinesisClient(connection, settings.credentials(roles), "1", bodiesFor("logs", "cbor", refused));
      const expected = { kind: "failed", code, message: `AssumeRole of ${pluginRole} failed: ${message}`, cause: "setup" };
      // Before and after the endpoint's support for CBOR is known.
      expect(await client.putRecords(...tableOf([entry]))).toEqual(expected);
      expect(await client.putRecords(...tableOf([entry]))).toEqual(expected);
      tokens.refusal = undefined;
      settings.aheadMs = 60_000;
      expect(await client.putRecords(...tableOf([entry]))).toMatchObject({ kind: "answered", failed: [] });
      expect(refused).not.toHaveBeenCalled();
      client.close();
      await kinesis.stop();
    },
  );
});
