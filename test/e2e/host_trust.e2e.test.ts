// Tests whom the plugin trusts: it verifies certificates, and uses options literally, never evaluating them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeCertificate, makeExpiredCertificate } from "../support/certificate.js";
import type { Environment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_ERROR, FLB_OK, FLB_RETRY, type Options, PluginHost } from "../support/plugin_host.js";
import { ScriptedService } from "../support/scripted_service.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "trust-"));
  stops.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function start(environment: Environment = {}): Promise<PluginHost> {
  const host = await PluginHost.withPlugin(environment);
  stops.push(() => host.destroy());
  return host;
}

async function serve(tls?: { readonly key: string; readonly cert: string }): Promise<ScriptedService> {
  const service = await ScriptedService.startTaking(tls === undefined ? {} : { tls });
  stops.push(() => service.stop());
  return service;
}

const base = { stream: "logs", region: "us-west-2", retry_timeout: "0" };

describe("a server", () => {
  async function selfSigned(folder: string, names?: string) {
    const made = await makeCertificate(folder, names);
    return { ...made, ...(JSON.parse(readFileSync(made.serverFile, "utf8")) as { server: { key: string; cert: string } }) };
  }

  it.each([
    ["whose certificate is self-signed", /self-signed certificate/, async (folder: string) => ({ server: (await selfSigned(folder)).server })],
    ["whose certificate is trusted but for another name", /altnames|does not match/i, async (folder: string) => {
      const { server, certificateFile } = await selfSigned(folder, "DNS:other.example");
      return { server, bundle: certificateFile };
    }],
    ["whose certificate is trusted but has expired", /expired/i, async (folder: string) => {
      const server = await makeExpiredCertificate(folder);
      const bundle = path.join(folder, "bundle.pem");
      writeFileSync(bundle, server.cert);
      return { server, bundle };
    }],
  ] as const)("%s gets nothing, and the message has the reason", async (_, told, make) => {
    const { server, bundle }: { server: { key: string; cert: string }; bundle?: string } = await make(newFolder());
    const service = await serve(server);
    const host = await start(bundle === undefined ? {} : { AWS_CA_BUNDLE: bundle });
    const instance = await host.open({ ...base, endpoint: service.endpoint });
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_RETRY);
    expect(service.requests).toEqual([]);
    expect(host.problems.join("\n")).toMatch(told);
  });

  it("with any certificate is accepted with NODE_TLS_REJECT_UNAUTHORIZED=0, and a warning reports it", async () => {
    const { server } = await selfSigned(newFolder());
    const service = await serve(server);
    const host = await start({ NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    const instance = await host.open({ ...base, endpoint: service.endpoint });
    expect(await host.flush(instance, chunkOf([{ n: 1 }])), host.stderr).toBe(FLB_OK);
    expect(host.problems).toHaveLength(1);
    expect(host.problems[0]).toContain("NODE_TLS_REJECT_UNAUTHORIZED is 0");
  });
});

const strange = ["${HOME}", "$(touch MADE)", "`touch MADE`", "'; touch MADE; '", '"; process.exit(3); "', "\\u0000\\x00%00", "a\u0001b", "x".repeat(1_000_000)];
const takenLiterally = ["partition_key", "data_keys", "log_key", "time_key", "replace_dots", "profile"];
const refused = ["stream", "region", "endpoint", "sts_endpoint", "role_arn", "external_id", "compression", "max_record_size", "experimental_concurrency"];

describe("an option", () => {
  it.each(takenLiterally)("%s is used literally, with any content", async (option) => {
    const service = await serve();
    const host = await start();
    for (const value of strange) {
      const options: Options = { ...base, endpoint: service.endpoint, [option]: value };
      // There "$" begins a record accessor, and these are not valid ones.
      if (option === "partition_key" && value.includes("$")) {
        expect((await host.init(options)).code, value).toBe(FLB_ERROR);
        expect(host.problems.at(-1)).toContain("Invalid 'partition_key' value");
        continue;
      }
      const instance = await host.open(options);
      if (option === "profile") continue;
      expect(await host.flush(instance, chunkOf([{ [value]: "theirs", "a.b": 1 }]))).toBe(FLB_OK);
      const sent = JSON.parse(service.requests.at(-1)?.body ?? "{}") as { Records: { Data: string; PartitionKey: string }[] };
      const { Data = "", PartitionKey } = sent.Records[0] ?? {};
      const text = Buffer.from(Data, "base64").toString();
      if (option === "partition_key") expect(PartitionKey).toBe("theirs");
      if (option === "data_keys") expect(JSON.parse(text)).toEqual({ [value]: "theirs" });
      if (option === "log_key") expect(text).toBe("theirs");
      if (option === "time_key") expect((JSON.parse(text) as Record<string, string>)[value]).toMatch(/^2023-/);
      // A megabyte instead of a dot is cut with its record.
      if (option === "replace_dots" && value.length < 1000) expect(JSON.parse(text)).toHaveProperty([`a${value}b`], 1);
    }
    expect(existsSync("MADE")).toBe(false);
  });

  it.each(refused)("%s is rejected with its name for any strange value", async (option) => {
    const host = await start();
    for (const value of strange) {
      const before = host.problems.length;
      expect((await host.init({ ...base, [option]: value })).code, value.slice(0, 50)).toBe(FLB_ERROR);
      await vi.waitFor(() => expect(host.problems.slice(before).join("\n")).toContain(`'${option}'`), 10_000);
    }
    expect((await host.end()).status).toBe(0);
  });
});
