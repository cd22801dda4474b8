// Options around the packing of records and the region and role of an output, from the plugin's init to what arrives.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { REGION } from "../support/kinesis_local.js";
import { FLB_ERROR, FLB_OK } from "../support/plugin_host.js";
import { textOf, useStreams } from "../support/stream_fixture.js";
import { LocalTokenService } from "../support/token_service.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), "pack-options-"))));
afterAll(() => rmSync(folder, { recursive: true }));

describe("without the option region", () => {
  it.each([
    ["AWS_REGION", { AWS_REGION: REGION, AWS_DEFAULT_REGION: "eu-west-1" }],
    ["AWS_DEFAULT_REGION", { AWS_DEFAULT_REGION: REGION }],
  ])("that of %s is taken", async (name, environment) => {
    const stream = await streams.newStream();
    const host = await streams.host(environment);
    const options = streams.options(stream, { region: "" });
    expect(await host.flush(await host.open(options), chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    await host.waitForMessage(new RegExp(`level=info msg=.*region ${REGION} comes from ${name}`, "u"));
    expect((await host.end()).status).toBe(0);
    expect((await streams.kinesis.readAll(stream)).map(textOf)).toEqual(['{"n":1}']);
  });

  it("that of the profile is taken, for the addresses of services too", async () => {
    const config = path.join(folder, "config");
    writeFileSync(config, `[profile logs]\nregion = ${REGION}\naws_access_key_id = A\naws_secret_access_key = s\n`);
    const stream = await streams.newStream();
    const host = await streams.host({ AWS_CONFIG_FILE: config });
    const options = streams.options(stream, { region: "", profile: "logs" });
    expect(await host.flush(await host.open(options), chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    await host.waitForMessage(new RegExp(`level=info msg=.*region ${REGION} comes from profile 'logs' of ${config} and /dev/null`, "u"));
    expect(await streams.kinesis.readAll(stream)).toHaveLength(1);
  });

  it("one in the wrong form is an error that names its variable", async () => {
    const host = await streams.host({ AWS_REGION: "us east" });
    expect((await host.init({ stream: "any" })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/level=error msg=.*Invalid 'AWS_REGION' value \(us east\) specified/u);
  });

  it("and without any the error names all places", async () => {
    const host = await streams.host();
    expect((await host.init({ stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/any" })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/level=error msg=.*\('region' is not set, and there is none in AWS_REGION, AWS_DEFAULT_REGION, profile 'default' of \/dev\/null and \/dev\/null.*; the ARN in 'stream' names eu-west-1\)/u);
  });
});

it("role_session_name and role_duration reach the service that gives the role", async () => {
  const tokens = await LocalTokenService.start();
  try {
    const stream = await streams.newStream();
    const host = await streams.host();
    const role = { role_arn: "arn:aws:iam::123456789012:role/logs", role_session_name: "node-1@logs", role_duration: "900", sts_endpoint: tokens.endpoint };
    expect(await host.flush(await host.open(streams.options(stream, role)), chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(tokens.calls.map(({ form }) => [form.get("RoleSessionName"), form.get("DurationSeconds")])).toEqual([["node-1@logs", "900"]]);
  } finally {
    await tokens.stop();
  }
});

it.each([
  ["role_session_name", "a b"],
  ["role_duration", "899"],
])("refuses %s=%s", async (option, value) => {
  const host = await streams.host();
  expect((await host.init(streams.options("any", { [option]: value }))).code).toBe(FLB_ERROR);
  await host.waitForMessage(new RegExp(`level=error msg=.*Invalid '${option}' value \\(${value}\\)`, "u"));
});
