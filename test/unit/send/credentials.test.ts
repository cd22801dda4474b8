// Roles are assumed at a Security Token Service on this machine: which, in which order, with whose credentials.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { credentialsFor } from "../../../src/send/credentials.js";
import { createKinesisClient } from "../../../src/send/kinesis_client.js";
import { ScriptedService, type ServedRequest } from "../../support/scripted_service.js";

const podRole = "arn:aws:iam::111111111111:role/pod";
const pluginRole = "arn:aws:iam::222222222222:role/plugin";
const region = "us-west-2";

let tokens: ScriptedService;

function form(request: ServedRequest | undefined): URLSearchParams {
  return new URLSearchParams(request?.body);
}

/** Whose credentials a request was signed with. */
function signer(request: ServedRequest | undefined): string | undefined {
  return /Credential=(\w+)\//.exec(request?.headers.authorization ?? "")?.[1];
}

beforeEach(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  tokens = await ScriptedService.start((request) => {
    const role = (form(request).get("RoleArn") ?? "").split("/")[1] ?? "";
    const body = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
      <AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>
      <Credentials><AccessKeyId>AKID${role.toUpperCase()}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
      <SessionToken>token of ${role}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
      </AssumeRoleResult></AssumeRoleResponse>`;
    return { body, headers: { "content-type": "text/xml" } };
  });
});

afterEach(async () => {
  await tokens.stop();
  vi.unstubAllEnvs();
});

describe("credentials", () => {
  it("come from the environment when no role is to be assumed", async () => {
    const provide = credentialsFor({ region, eksPodExecutionRole: undefined, roleArn: undefined, stsEndpoint: undefined });
    expect(await provide()).toMatchObject({ accessKeyId: "AKIDENVIRONMENT" });
    expect(tokens.requests).toEqual([]);
  });

  it.each([
    ["role_arn", { eksPodExecutionRole: undefined, roleArn: pluginRole }, pluginRole],
    ["EKS_POD_EXECUTION_ROLE", { eksPodExecutionRole: podRole, roleArn: undefined }, podRole],
  ])("are those of the role in %s", async (_, roles, arn) => {
    const provide = credentialsFor({ region, ...roles, stsEndpoint: tokens.endpoint });
    const role = arn.split("/")[1] as string;
    expect(await provide()).toMatchObject({
      accessKeyId: `AKID${role.toUpperCase()}`,
      sessionToken: `token of ${role}`,
    });
    expect(tokens.requests).toHaveLength(1);
    expect(form(tokens.requests[0]).get("Action")).toBe("AssumeRole");
    expect(form(tokens.requests[0]).get("RoleArn")).toBe(arn);
    expect(form(tokens.requests[0]).get("RoleSessionName")).not.toBe("");
    expect(signer(tokens.requests[0])).toBe("AKIDENVIRONMENT");
  });

  it("of both roles are got by the pod's first, and with it the plugin's", async () => {
    const provide = credentialsFor({ region, eksPodExecutionRole: podRole, roleArn: pluginRole, stsEndpoint: tokens.endpoint });
    expect(await provide()).toMatchObject({ accessKeyId: "AKIDPLUGIN" });
    expect(tokens.requests.map((request) => form(request).get("RoleArn"))).toEqual([podRole, pluginRole]);
    expect(tokens.requests.map(signer)).toEqual(["AKIDENVIRONMENT", "AKIDPOD"]);
  });

  it("of a role sign the requests to the option endpoint, and are asked for once", async () => {
    const answer = { FailedRecordCount: 0, Records: [{ SequenceNumber: "1", ShardId: "s" }] };
    const kinesis = await ScriptedService.start(() => ({ body: JSON.stringify(answer) }));
    const options = { region, stream: "logs", profile: undefined, externalId: undefined, endpoint: kinesis.endpoint, requestTimeoutMs: 0 };
    const client = createKinesisClient({ ...options, roleArn: pluginRole, stsEndpoint: tokens.endpoint }, podRole, "1");
    const entry = { data: Buffer.from("x"), partitionKey: "k", sizeBytes: 2, events: 0, shardId: undefined };
    for (let count = 0; count < 3; count++) {
      expect(await client.putRecords([entry])).toEqual({ kind: "answered", failed: [], strayed: 0 });
    }
    expect(kinesis.requests.map(signer)).toEqual(["AKIDPLUGIN", "AKIDPLUGIN", "AKIDPLUGIN"]);
    expect(kinesis.requests[0]?.headers["x-amz-security-token"]).toBe("token of plugin");
    expect(tokens.requests).toHaveLength(2);
    client.close();
    await kinesis.stop();
  });
});

describe("a role that may not be assumed", () => {
  it("fails requests with the service's reason", async () => {
    const denied = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>`;
    const refusing = await ScriptedService.start(() => ({ status: 403, body: denied }));
    const options = { region, stream: "logs", profile: undefined, externalId: undefined, endpoint: "http://127.0.0.1:1", requestTimeoutMs: 0 };
    const client = createKinesisClient({ ...options, roleArn: pluginRole, stsEndpoint: refusing.endpoint }, undefined, "1");
    const entry = { data: Buffer.from("x"), partitionKey: "k", sizeBytes: 2, events: 0, shardId: undefined };
    expect(await client.putRecords([entry])).toMatchObject({ kind: "failed", message: "not yours", isTransient: false });
    client.close();
    await refusing.stop();
  });

  it("because the service keeps silent fails requests after http_request_timeout", async () => {
    const silent = await ScriptedService.start(() => "silence");
    const options = { region, stream: "logs", profile: undefined, externalId: undefined, endpoint: "http://127.0.0.1:1", requestTimeoutMs: 300 };
    const client = createKinesisClient({ ...options, roleArn: pluginRole, stsEndpoint: silent.endpoint }, undefined, "1");
    const entry = { data: Buffer.from("x"), partitionKey: "k", sizeBytes: 2, events: 0, shardId: undefined };
    expect(await client.putRecords([entry])).toMatchObject({ kind: "failed", code: "RequestTimeout", isTransient: true });
    client.close();
    await silent.stop();
  });
});
