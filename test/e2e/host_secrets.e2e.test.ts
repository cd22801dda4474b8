// Tests that secrets and records never appear in messages, even at the most verbose level.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { makeCertificate } from "../support/certificate.js";
import type { Environment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK, FLB_RETRY, type Options, PluginHost } from "../support/plugin_host.js";
import { ScriptedProxy } from "../support/scripted_proxy.js";
import { ScriptedService, type Answering, type ServiceSettings } from "../support/scripted_service.js";
import { messageOf } from "../support/service_responses.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Each secret contains this word, and nothing else in the tests does. */
const mark = "HUNTER";
const secretKey = `${mark}2secretAccessKey/0123456789abcdef+xyz`;
const sessionToken = `${mark}2sessionToken0123456789`;
const proxyPassword = `${mark}2proxyPassword`;
const externalId = `${mark}2externalId`;
const token = `${mark}2bearerToken`;
const record = { log: `${mark}2 in a record`, [`${mark}2key`]: 1, key: `${mark}2partitionKey` };
const role = "arn:aws:iam::123456789012:role/writer";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function serve(answer: Answering, settings: ServiceSettings = {}): Promise<string> {
  const service = await ScriptedService.start(answer, settings);
  stops.push(() => service.stop());
  return service.endpoint;
}

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "secrets-"));
  stops.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A Kinesis that responds to all requests with this error. */
function refusing(code: string, status = 400): Answering {
  return ({ headers }) => ({ status, body: JSON.stringify({ __type: code, message: messageOf(code, headers).replace("QUOTED-VALUE", `${mark}2partitionKey`) }) });
}

interface Scene {
  readonly environment?: Environment;
  readonly options?: Options;
}

/** One failing path; `told` must match the messages, to prove that the path was taken. */
const scenes: readonly (readonly [name: string, told: RegExp, prepare: () => Promise<Scene>])[] = [
  ["a rejected signature", /InvalidSignatureException/, async () => ({ options: { endpoint: await serve(refusing("InvalidSignatureException")) } })],
  ["an expired token", /ExpiredTokenException/, async () => ({ options: { endpoint: await serve(refusing("ExpiredTokenException")) } })],
  ["a rejected record that is quoted", /ValidationException/, async () => ({ options: { endpoint: await serve(refusing("ValidationException")) } })],
  ["a failed record that is quoted", /InternalFailure/, async () => ({
    options: { endpoint: await serve(() => ({ body: JSON.stringify({ FailedRecordCount: 1, Records: [{ ErrorCode: "InternalFailure", ErrorMessage: `Value '${record.key}' at 'data' is bad` }] }) })) },
  })],
  ["a response that is not JSON and quotes", /InvalidResponse/, async () => ({ options: { endpoint: await serve(({ headers, body }) => ({ body: `<html>${JSON.stringify(headers)}${body}${record.log}` })) } })],
  ["no connection", /ECONNREFUSED/, () => Promise.resolve({ options: { endpoint: "http://127.0.0.1:1" } })],
  ["a role that may not be assumed", /AssumeRole of/, async () => ({
    options: {
      role_arn: role,
      external_id: externalId,
      sts_endpoint: await serve(({ body }) => ({ status: 403, headers: { "content-type": "text/xml" }, body: `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized: sts:AssumeRole${body === "" ? mark : ""}</Message></Error></ErrorResponse>` })),
    },
  })],
  ["a rejected web identity token", /AssumeRoleWithWebIdentity/, async () => {
    const file = path.join(newFolder(), "token");
    writeFileSync(file, token);
    const refusal = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no</Message></Error></ErrorResponse>";
    return {
      environment: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role },
      options: { sts_endpoint: await serve(() => ({ status: 400, headers: { "content-type": "text/xml" }, body: refusal })) },
    };
  }],
  ["a container's endpoint that rejects", /container's endpoint/, async () => ({
    environment: {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${await serve(({ headers }) => ({ status: 403, body: JSON.stringify({ message: headers.authorization, SecretAccessKey: secretKey }) }))}/v2`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    },
  })],
  ["truncated instance metadata", /EC2 instance metadata/, async () => ({
    environment: {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_EC2_METADATA_DISABLED: undefined,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: await serve(({ method, path: asked }) => ({ body: method === "PUT" ? token : asked.endsWith("/role") ? `{"SecretAccessKey":"${secretKey}` : "role" })),
    },
  })],
  ["a proxy that rejects", /HTTPS_PROXY/, async () => {
    const proxy = await ScriptedProxy.start({ credentials: "a:b" });
    stops.push(() => proxy.stop());
    return { environment: { HTTPS_PROXY: `http://user:${proxyPassword}@${proxy.address}` }, options: { endpoint: "https://kinesis.example" } };
  }],
  ["an unreachable proxy", /HTTPS_PROXY/, () =>
    Promise.resolve({ environment: { HTTPS_PROXY: `http://user:${proxyPassword}@127.0.0.1:1` }, options: { endpoint: "https://kinesis.example" } })],
  ["an untrusted certificate", /self-signed certificate/, async () => {
    const { serverFile } = await makeCertificate(newFolder());
    const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
    return { options: { endpoint: await serve(() => ({ body: "{}" }), { tls: server }) } };
  }],
  ["a credential_process that writes secrets and fails", /credential_process/, () => {
    const file = path.join(newFolder(), "config");
    writeFileSync(file, `[default]\ncredential_process = sh -c "echo ${secretKey}; echo ${secretKey} >&2; exit 1"\n`);
    return Promise.resolve({ environment: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_CONFIG_FILE: file } });
  }],
  ["an unexpected error", /Unexpected error/, async () => {
    const folder = newFolder();
    const preload = path.join(folder, "preload.cjs");
    writeFileSync(preload, `const { createHash } = require("node:crypto"); require("node:crypto").createHash = () => ({ update() { throw new Error("no such digest"); } }); void createHash;`);
    return {
      environment: { KINESIS_NODE_OPTIONS: `--require ${preload}` },
      options: { endpoint: await serve(refusing("InternalFailure", 500)), aggregation: "true" },
    };
  }],
];

it.each(scenes)("%s: no message contains a secret or the record", async (_, told, prepare) => {
  const { environment = {}, options = {} } = await prepare();
  const host = await PluginHost.withPlugin({
    FLB_LOG_LEVEL: "debug",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_SESSION_TOKEN: sessionToken,
    ...environment,
  });
  stops.push(() => host.destroy());
  const base = { stream: "logs", region: "us-west-2", partition_key: "key", retry_timeout: "0", endpoint: "http://127.0.0.1:1" };
  const instance = await host.open({ ...base, ...options });
  expect([FLB_OK, FLB_RETRY]).toContain(await host.flush(instance, chunkOf([record, { ...record, nested: [record] }])));
  await host.flush(instance, chunkOf([record]));
  const { stderr } = await host.end();
  expect(stderr).toMatch(told);
  expect(stderr.split("\n").filter((line) => line.includes(mark))).toEqual([]);
});
