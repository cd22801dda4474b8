// Tests the network settings of the environment with the built library: proxies, trusted authorities, the user agent.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeCertificate } from "../support/certificate.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_ERROR, FLB_OK, FLB_RETRY } from "../support/plugin_host.js";
import { ScriptedProxy, type ProxySettings } from "../support/scripted_proxy.js";
import { ScriptedService, type ServedRequest, type ServiceSettings } from "../support/scripted_service.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();
const stops: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Responds to PutRecords: all records are accepted. */
function takeAll({ body }: ServedRequest): { body: string } {
  const { Records: records = [] } = JSON.parse(body) as { Records?: unknown[] };
  const taken = records.map((_, index) => ({ SequenceNumber: `${index}`, ShardId: "shardId-000000000000" }));
  return { body: JSON.stringify({ FailedRecordCount: 0, Records: taken }) };
}

async function serve(settings: ServiceSettings = {}): Promise<ScriptedService> {
  const service = await ScriptedService.start(takeAll, settings);
  stops.push(() => service.stop());
  return service;
}

async function proxyTo(port: string, settings: ProxySettings = {}): Promise<ScriptedProxy> {
  const proxy = await ScriptedProxy.start({ target: { port: Number(port) }, ...settings });
  stops.push(() => proxy.stop());
  return proxy;
}

describe("a proxy", () => {
  it("of HTTPS_PROXY gets all requests in one tunnel, with the trust of AWS_CA_BUNDLE, and alone gets the password", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "network-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const { certificateFile, serverFile } = await makeCertificate(folder, "DNS:kinesis.example");
    const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
    const service = await serve({ tls: server });
    const proxy = await proxyTo(new URL(service.endpoint).port, { credentials: "user:secret" });
    const host = await streams.host({
      HTTPS_PROXY: `http://user:secret@${proxy.address}`,
      AWS_CA_BUNDLE: certificateFile,
      FLB_LOG_LEVEL: "debug",
    });
    const instance = await host.open({ ...streams.options("logs"), endpoint: "https://kinesis.example" });
    for (const n of [1, 2, 3]) expect(await host.flush(instance, chunkOf([{ n }])), host.stderr).toBe(FLB_OK);
    expect(proxy.tunnels).toEqual(["kinesis.example:443"]);
    expect(service.requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
    expect(service.requests[0]?.headers["user-agent"]).toMatch(/^aws-fluent-bit-plugin \(linux\) fluent-bit-kinesis-node\/\S+ lang\/js md\/nodejs#\d/);
    const { status, stderr } = await host.end();
    expect(status).toBe(0);
    expect(host.problems).toEqual([]);
    expect(stderr).not.toContain("secret@");
  });

  it("of http_proxy gets the requests without TLS", async () => {
    const stream = await streams.newStream();
    const proxy = await proxyTo(new URL(streams.kinesis.endpoint).port);
    const host = await streams.host({ http_proxy: proxy.address });
    const instance = await host.open({ ...streams.options(stream), endpoint: "http://kinesis.example" });
    expect(await host.flush(instance, chunkOf([{ n: 1 }])), host.stderr).toBe(FLB_OK);
    expect(proxy.passedOn).toEqual(["http://kinesis.example/"]);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ n: 1 }]);
  });

  it("that rejects the tunnel makes the flush get retry, with one message that names the variable and the proxy", async () => {
    const proxy = await proxyTo("1", { credentials: "a:b" });
    const host = await streams.host({ HTTPS_PROXY: `http://user:secret@${proxy.address}` });
    const instance = await host.open({ ...streams.options("logs"), endpoint: "https://kinesis.example" });
    for (const n of [1, 2]) expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_RETRY);
    expect(host.problems).toHaveLength(1);
    expect(host.problems[0]).toContain(`the proxy of HTTPS_PROXY (${proxy.address}): responded to CONNECT with status 407`);
    expect((await host.end()).stderr).not.toContain("secret");
  });
});

describe("AWS_CA_BUNDLE", () => {
  it("is trusted", async () => {
    const stream = await streams.newStream();
    const host = await streams.host({ AWS_CA_BUNDLE: streams.kinesis.certificateFile });
    const instance = await host.open({ ...streams.options(stream), endpoint: streams.kinesis.tlsEndpoint });
    expect(await host.flush(instance, chunkOf([{ secret: true }])), host.stderr).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ secret: true }]);
  });

  it("replaces all other authorities, including those of NODE_EXTRA_CA_CERTS", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "network-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const { certificateFile } = await makeCertificate(folder);
    const host = await streams.host({ AWS_CA_BUNDLE: certificateFile, NODE_EXTRA_CA_CERTS: streams.kinesis.certificateFile });
    const instance = await host.open({ ...streams.options("logs"), endpoint: streams.kinesis.tlsEndpoint });
    expect(await host.flush(instance, chunkOf([{ secret: true }]))).toBe(FLB_RETRY);
    expect(host.problems.join("\n")).toMatch(/certificate/i);
  });
});

describe("a FIFO without a writer", () => {
  function fifo(): string {
    const folder = mkdtempSync(path.join(tmpdir(), "network-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    execFileSync("mkfifo", [path.join(folder, "fifo")]);
    return path.join(folder, "fifo");
  }

  it("as a shared file delays no init and no flush, and is reported", async () => {
    const [service, file] = [await serve(), fifo()];
    const host = await streams.host({ AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: file });
    const instance = await host.open({ ...streams.options("logs"), endpoint: service.endpoint });
    expect(await host.flush(instance, chunkOf([{ n: 1 }])), host.stderr).toBe(FLB_OK);
    for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) {
      expect(host.stderr).toContain(`${name} names ${file}, which is a FIFO; it must be a regular file. The file is ignored`);
    }
  });

  it("as a token file makes flushes fail immediately", async () => {
    const [service, file] = [await serve(), fifo()];
    const token = { AWS_ACCESS_KEY_ID: undefined, AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/logs", AWS_WEB_IDENTITY_TOKEN_FILE: file };
    const host = await streams.host(token);
    const instance = await host.open({ ...streams.options("logs"), endpoint: service.endpoint });
    // More than Node has threads for files.
    for (let flush = 0; flush < 6; flush++) expect(await host.flush(instance, chunkOf([{ n: flush }]))).toBe(FLB_RETRY);
    expect(host.problems.join("\n")).toContain(`AWS_WEB_IDENTITY_TOKEN_FILE names ${file}, which is a FIFO`);
  });

  it("as AWS_CA_BUNDLE makes the init fail", async () => {
    const host = await streams.host({ AWS_CA_BUNDLE: fifo() });
    expect((await host.init(streams.options("logs"))).code).toBe(FLB_ERROR);
    expect(host.problems.join("\n")).toMatch(/'AWS_CA_BUNDLE' names .*, which is a FIFO/);
  });
});

it.each([
  ["HTTPS_PROXY", "ftp://user:secret@proxy"],
  ["http_proxy", "http://user:secret@"],
  ["AWS_CA_BUNDLE", "/there/is/no/such/file.pem"],
])("an invalid %s is reported at the start", async (name, value) => {
  const host = await streams.host({ [name]: value });
  expect((await host.init(streams.options("logs"))).code).toBe(FLB_ERROR);
  expect(host.problems.join("\n")).toContain(`'${name}'`);
  expect(host.stderr).not.toContain("secret");
});
