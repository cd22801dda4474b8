/** Tests how kinesis.dll reads a Windows environment: variable names in any case, backslashes, time zones. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeCertificate } from "../support/certificate.js";
import type { Environment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_ERROR, FLB_OK, FLB_RETRY, PluginHost } from "../support/plugin_host.js";
import { ScriptedService } from "../support/scripted_service.js";
import { killNodeProcesses, windowsHost, windowsNodes, windowsPath, windowsSkipped, windowsTitle } from "../support/wine.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const newest = windowsNodes.at(-1) ?? { version: "of any version", file: "" };
const options = { stream: "logs", region: "us-west-2", retry_timeout: "0" };
const chunk = chunkOf([{ log: "one line" }]);

describe.skipIf(windowsSkipped !== undefined)(windowsTitle("the environment on Windows"), () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    killNodeProcesses();
  });

  async function start(environment: Environment): Promise<PluginHost> {
    const host = await PluginHost.withPlugin(environment, undefined, await windowsHost(newest));
    stops.push(() => host.destroy());
    return host;
  }

  async function serve(tls?: { readonly key: string; readonly cert: string }): Promise<ScriptedService> {
    const service = await ScriptedService.startTaking(tls === undefined ? {} : { tls });
    stops.push(() => service.stop());
    return service;
  }

  function newFolder(): string {
    const folder = mkdtempSync(path.join(tmpdir(), "windows-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    return folder;
  }

  it("accepts variable names in any case, and sends the user agent of the Go plugin on Windows", async () => {
    const service = await serve();
    const host = await start({ AWS_ACCESS_KEY_ID: undefined, aws_access_key_id: "AKIDOFLOWERCASE" });
    expect(await host.flush(await host.open({ ...options, endpoint: service.endpoint }), chunk), host.stderr).toBe(FLB_OK);
    const headers = service.requests[0]?.headers;
    expect(headers?.authorization).toContain("Credential=AKIDOFLOWERCASE/");
    expect(headers?.["user-agent"]).toMatch(/^aws-fluent-bit-plugin-windows \(windows\)/);
  });

  it("reads the shared files and a profile from a path with backslashes", async () => {
    const service = await serve();
    const file = path.join(newFolder(), "credentials");
    writeFileSync(file, "[logs]\r\naws_access_key_id = AKIDOFPROFILE\r\naws_secret_access_key = secret\r\n");
    const host = await start({ AWS_SHARED_CREDENTIALS_FILE: windowsPath(file) });
    const instance = await host.open({ ...options, endpoint: service.endpoint, profile: "logs" });
    expect(await host.flush(instance, chunk), host.stderr).toBe(FLB_OK);
    expect(service.requests[0]?.headers.authorization).toContain("Credential=AKIDOFPROFILE/");
  });

  it("trusts the authorities of AWS_CA_BUNDLE at a path with backslashes, and no unknown authority without it", async () => {
    const { certificateFile, serverFile } = await makeCertificate(newFolder());
    const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
    const service = await serve(server);
    const trusting = await start({ AWS_CA_BUNDLE: windowsPath(certificateFile) });
    const endpoint = service.endpoint.replace("127.0.0.1", "localhost");
    expect(await trusting.flush(await trusting.open({ ...options, endpoint }), chunk), trusting.stderr).toBe(FLB_OK);
    const wary = await start({});
    expect(await wary.flush(await wary.open({ ...options, endpoint }), chunk)).toBe(FLB_RETRY);
    expect(wary.stderr).toMatch(/self-signed|DEPTH_ZERO/);
    expect(service.requests).toHaveLength(1);
  });

  it("reports an AWS_CA_BUNDLE that does not exist", async () => {
    const host = await start({ AWS_CA_BUNDLE: "C:\\missing\\bundle.pem" });
    expect((await host.init(options)).code).toBe(FLB_ERROR);
    expect(await host.waitForMessage(/AWS_CA_BUNDLE.*/)).toContain("bundle.pem");
  });

  it("writes times in the zone of TZ, with its abbreviation", async () => {
    const service = await serve();
    const host = await start({ TZ: "Europe/Berlin" });
    const instance = await host.open({ ...options, endpoint: service.endpoint, time_key: "time", time_key_format: "%H:%M %Z" });
    expect(await host.flush(instance, chunkOf([{ n: 1 }])), host.stderr).toBe(FLB_OK);
    const { Records: [record] } = JSON.parse(service.requests[0]?.body ?? "{}") as { Records: { Data: string }[] };
    expect(JSON.parse(Buffer.from(record?.Data ?? "", "base64").toString())).toEqual({ n: 1, time: "23:13 CET" });
  });
});
