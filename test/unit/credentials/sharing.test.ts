// Tests that outputs with the same source share one fetch of credentials, its renewals and its pauses after failures.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CredentialSources, type CredentialOptions } from "../../../src/credentials/credentials.js";
import type { CredentialProvider } from "../../../src/credentials/renewing_credentials.js";
import { directNetwork } from "../../../src/network/network.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { RawServer } from "../../support/raw_server.js";
import { ScriptedService } from "../../support/scripted_service.js";
import { LocalTokenService } from "../../support/token_service.js";

const roleArn = "arn:aws:iam::222222222222:role/plugin";
const none = { region: "us-west-2", profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined, eksPodExecutionRole: undefined };

let settings: CredentialSettings;
let tokens: LocalTokenService;
let sources: CredentialSources;
let steadyMs: number;
const stops: (() => void | Promise<void>)[] = [];

beforeEach(async () => {
  settings = new CredentialSettings();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  tokens = await LocalTokenService.start();
  stops.push(() => tokens.stop());
  steadyMs = 0;
  sources = new CredentialSources({ now: () => Date.now() + settings.aheadMs, steadyNow: () => steadyMs, random: () => 0.5 });
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  settings.remove();
});

function open(options: Partial<CredentialOptions> = {}, log = new RecordedLog(), network = directNetwork): CredentialProvider {
  const role = { roleArn, stsEndpoint: tokens.endpoint };
  const credentials = sources.open({ ...none, ...role, ...options }, { log, network });
  stops.push(() => credentials.close());
  return credentials;
}

async function failureOf(credentials: CredentialProvider): Promise<string> {
  return credentials.provide().then(() => "there was none", (error: unknown) => (error as Error).message);
}

describe("eight outputs of the same role", () => {
  it("share one call and one renewal", async () => {
    tokens.expiration = new Date(Date.now() + 3_600_000).toISOString();
    const outputs = Array.from({ length: 8 }, () => open());
    const keys = await Promise.all(outputs.map((credentials) => credentials.provide()));
    expect(new Set(keys.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(["AKIDPLUGIN"]));
    expect(tokens.calls).toHaveLength(1);
    settings.aheadMs = 56 * 60_000;
    tokens.expiration = "2099-01-01T00:00:00Z";
    await Promise.all(outputs.map((credentials) => credentials.provide()));
    await vi.waitFor(() => expect(tokens.calls).toHaveLength(2));
    await Promise.all(outputs.map((credentials) => credentials.provide()));
    expect(tokens.calls).toHaveLength(2);
  });

  it("keep waiting for their call when one of them closes, until the last one closes", async () => {
    const silent = await RawServer.start(() => undefined);
    stops.push(() => silent.stop());
    const [first, second] = [open({ stsEndpoint: silent.endpoint }), open({ stsEndpoint: silent.endpoint })];
    const failures = [failureOf(first), failureOf(second)];
    await vi.waitFor(() => expect(silent.open).toBe(1));
    first.close();
    first.close();
    expect(await failureOf(first)).toBe("the output is closed");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([silent.open, silent.asked]).toEqual([1, 1]);
    second.close();
    await vi.waitFor(() => expect(silent.open).toBe(0));
    await Promise.all(failures);
    expect(silent.asked).toBe(1);
  });

  it("fetch again for an output that opens after all have closed", async () => {
    const first = open();
    await first.provide();
    first.close();
    await open().provide();
    expect(tokens.calls).toHaveLength(2);
  });

  it("log about the source in the log of the oldest open output", async () => {
    const logs = [new RecordedLog(), new RecordedLog()] as const;
    const [first, second] = [open({}, logs[0]), open({}, logs[1])];
    tokens.expiration = new Date(Date.now() + 60_000).toISOString();
    await first.provide();
    expect([logs[0].at("info").length, logs[1].at("info").length]).toEqual([1, 0]);
    first.close();
    settings.aheadMs = 31_000;
    tokens.refusal = { status: 400, code: "Throttling", message: "Rate exceeded" };
    await second.provide();
    await vi.waitFor(() => expect(logs[1].at("warning")).toHaveLength(1));
    expect(logs[0].at("warning")).toEqual([]);
  });
});

describe("outputs with", () => {
  it.each<[string, Partial<CredentialOptions>]>([
    ["role", { roleArn: "arn:aws:iam::222222222222:role/other" }],
    ["external_id", { externalId: "theirs" }],
    ["role_session_name", { roleSessionName: "theirs" }],
    ["role_duration", { roleDurationSeconds: 900 }],
    ["region", { region: "eu-west-1" }],
  ])("a different %s make separate calls", async (_, options) => {
    await Promise.all([open().provide(), open(options).provide()]);
    expect(tokens.calls).toHaveLength(2);
  });

  it("a different network make separate calls", async () => {
    await Promise.all([open().provide(), open({}, new RecordedLog(), { ...directNetwork, identity: "other" }).provide()]);
    expect(tokens.calls).toHaveLength(2);
  });

  it("two roles share the credentials that assume both", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "");
    const body = JSON.stringify({ AccessKeyId: "AKIDTASK", SecretAccessKey: "s" });
    const container = await ScriptedService.start(() => ({ body }));
    stops.push(() => container.stop());
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.endpoint);
    await Promise.all([open().provide(), open({ roleArn: "arn:aws:iam::222222222222:role/other" }).provide(), open({ roleArn: undefined }).provide()]);
    expect(container.requests).toHaveLength(1);
    expect(tokens.calls.map(({ signer }) => signer)).toEqual(["AKIDTASK", "AKIDTASK"]);
  });
});

describe("a Security Token Service that throttles", () => {
  it("gets 12 calls in 2 minutes from two outputs with a request per second, and each request fails immediately", async () => {
    tokens.refusal = { status: 400, code: "Throttling", message: "Rate exceeded" };
    const outputs = [open(), open()];
    for (; steadyMs <= 120_000; steadyMs += 1000) {
      for (const credentials of outputs) {
        await expect(credentials.provide()).rejects.toMatchObject({ name: "Throttling", message: `AssumeRole of ${roleArn} failed: Rate exceeded` });
      }
    }
    // Pauses of 0.75, 1.5, 3, 6, 12 and then 15 s each.
    expect(tokens.calls).toHaveLength(12);
    tokens.refusal = undefined;
    steadyMs += 20_000;
    await outputs[0]?.provide();
    expect(await outputs[1]?.provide()).toMatchObject({ accessKeyId: "AKIDPLUGIN" });
    expect(tokens.calls).toHaveLength(13);
  });

  it("is not called again before its Retry-After ends", async () => {
    const headers = { "content-type": "text/xml", "retry-after": "60" };
    const body = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
    const service = await ScriptedService.start(() => ({ status: 503, headers, body }));
    stops.push(() => service.stop());
    const credentials = open({ stsEndpoint: service.endpoint });
    for (const [atMs, calls] of [[0, 1], [59_999, 1], [60_000, 2]] as const) {
      steadyMs = atMs;
      expect(await failureOf(credentials)).toContain("Rate exceeded");
      expect(service.requests).toHaveLength(calls);
    }
  });

  it("leaves the old credentials in use until they expire", async () => {
    tokens.expiration = new Date(Date.now() + 3_600_000).toISOString();
    const credentials = open();
    await credentials.provide();
    tokens.refusal = { status: 400, code: "Throttling", message: "Rate exceeded" };
    settings.aheadMs = 3_590_000;
    for (let count = 0; count < 5; count++) expect(await credentials.provide()).toMatchObject({ accessKeyId: "AKIDPLUGIN" });
    expect(tokens.calls).toHaveLength(2);
    settings.aheadMs = 3_600_000;
    expect(await failureOf(credentials)).toContain("Rate exceeded");
    expect(tokens.calls).toHaveLength(2);
  });
});

it("a container's endpoint is not called again before its Retry-After ends", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "");
  const container = await ScriptedService.start(() => ({ status: 403, headers: { "retry-after": "30" }, body: "" }));
  stops.push(() => container.stop());
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.endpoint);
  const credentials = open({ roleArn: undefined });
  for (const [atMs, calls] of [[0, 1], [29_999, 1], [30_000, 2]] as const) {
    steadyMs = atMs;
    expect(await failureOf(credentials)).toContain("responded with status 403");
    expect(container.requests).toHaveLength(calls);
  }
});
