// Tests closing a client in a separate process: its attempts end immediately, and the process too, since nothing keeps Node's event loop alive.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionOptions } from "../../../src/kinesis/connection_options.js";
import { Child } from "../../support/child.js";
import { ScriptedProxy } from "../../support/scripted_proxy.js";
import { ScriptedService } from "../../support/scripted_service.js";

const source = fileURLToPath(new URL("../../../src", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "closing-"));
const stops: (() => void | Promise<void>)[] = [];

/** Less than any limit of a connection or a request, and less than the SDK's timers. */
const promptMs = 1500;

/** Sends a PutRecords and a ListShards request, closes the client on the first line of input, and prints the outcomes. */
const program = `
import { ByteSink } from "${source}/bytes/byte_sink.js";
import { EntryTable } from "${source}/pack/entry_table.js";
import { CredentialSources } from "${source}/credentials/credentials.js";
import { readNetworkEnvironment } from "${source}/network/network.js";
import { createKinesisClient } from "${source}/kinesis/api.js";

const ignore = () => undefined;
const log = { debug: ignore, info: ignore, warning: ignore, error: ignore };
const network = await readNetworkEnvironment(process.env);
const connection = JSON.parse(process.argv[2]);
const sources = new CredentialSources({ now: Date.now, steadyNow: () => performance.now(), random: Math.random });
const credentials = sources.open({ ...connection }, { log, network });
const bodies = { target: { StreamName: "logs" }, write: () => ({ bytes: Buffer.from("{}"), format: "json" }), release: ignore };
const client = createKinesisClient(connection, credentials, "1", bodies, network);
const table = new EntryTable(new ByteSink());
const outcomes = Promise.all([client.putRecords(table, [table.append(0, 0, "k", 1, 0)]), client.listShards()]);
void outcomes.then((all) => console.log(JSON.stringify(all.map(({ kind, code }) => code ?? kind))));
process.stdin.once("data", () => {
  client.close();
  console.log("closed");
  process.stdin.destroy();
});
console.log("begun");
`;

beforeAll(async () => {
  await build({
    stdin: { contents: program, resolveDir: source, loader: "ts" },
    ...{ bundle: true, platform: "node", format: "esm", outfile: path.join(folder, "program.mjs"), logLevel: "error" },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A server that accepts connections and never responds. */
class Mute {
  readonly #open = new Set<Socket>();
  taken = 0;
  port = 0;

  async start(): Promise<this> {
    const server = createServer((socket) => {
      this.taken++;
      this.#open.add(socket);
      socket.on("error", () => undefined).once("close", () => this.#open.delete(socket)).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(() => {
      for (const socket of this.#open) socket.destroy();
      server.close();
    });
    this.port = (server.address() as AddressInfo).port;
    return this;
  }
}

interface Settings {
  readonly endpoint?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly options?: Partial<ConnectionOptions>;
}

function begin({ endpoint = "http://127.0.0.1:1", environment = {}, options = {} }: Settings): Child {
  const none = { AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
  const keys = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "dummy-secret" };
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, ...none, ...keys, ...environment };
  const connection = { region: "us-west-2", stream: "logs", endpoint, requestTimeoutMs: 0, responseTimeoutMs: 10_000, ...options };
  const child = new Child(process.execPath, [path.join(folder, "program.mjs"), JSON.stringify(connection)], { env });
  stops.push(() => child.destroy());
  return child;
}

/** Closes the client. Returns the outcomes of its attempts, and the time from close to the end of the process. */
async function close(child: Child): Promise<{ outcomes: unknown; milliseconds: number }> {
  child.write("close");
  await child.waitForText(/closed/u);
  const closedAt = performance.now();
  const outcomes: unknown = JSON.parse(await child.waitForText(/^\[.*\]$/mu));
  await child.ended;
  return { outcomes, milliseconds: performance.now() - closedAt };
}

const role = "arn:aws:iam::123456789012:role/logs";
const throughMute = (variable: string, scheme: string) => ({ port }: Mute): Settings => ({
  endpoint: `${variable === "HTTP_PROXY" ? "http" : "https"}://kinesis.example`,
  environment: { [variable]: `${scheme}127.0.0.1:${port}` },
});

const cases: Readonly<Record<string, (mute: Mute) => Settings | Promise<Settings>>> = {
  "the response of an endpoint": ({ port }) => ({ endpoint: `http://127.0.0.1:${port}` }),
  "the TLS handshake of an endpoint": ({ port }) => ({ endpoint: `https://127.0.0.1:${port}` }),
  "the response of a proxy": throughMute("HTTP_PROXY", "http://"),
  "the TLS handshake of a proxy for plain requests": throughMute("HTTP_PROXY", "https://"),
  "the tunnel of a proxy": throughMute("HTTPS_PROXY", "http://"),
  "the TLS handshake of a proxy with tunnels": throughMute("HTTPS_PROXY", "https://"),
  "the TLS handshake of an endpoint behind a tunnel": async ({ port }) => {
    const proxy = await ScriptedProxy.start({ target: { port } });
    stops.push(() => proxy.stop());
    return { endpoint: "https://kinesis.example", environment: { HTTPS_PROXY: proxy.address } };
  },
  "a role's credentials": ({ port }) => ({ options: { roleArn: role, stsEndpoint: `http://127.0.0.1:${port}` } }),
  "a tunnel to the source of a role's credentials": ({ port }) => ({
    environment: { HTTPS_PROXY: `127.0.0.1:${port}` },
    options: { roleArn: role, stsEndpoint: "https://sts.example" },
  }),
  "a container's credentials": ({ port }) => ({
    environment: { AWS_ACCESS_KEY_ID: "", AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}` },
  }),
};

describe("a process whose client is closed ends immediately", () => {
  it.each(Object.entries(cases))("while attempts wait for %s, and the attempts end too", async (_, settings) => {
    const mute = await new Mute().start();
    const child = begin(await settings(mute));
    await pollUntil(() => mute.taken > 0);
    const { outcomes, milliseconds } = await close(child);
    expect(outcomes).toEqual(["AbortError", "AbortError"]);
    expect(mute.taken).toBeGreaterThan(0);
    expect(milliseconds).toBeLessThan(promptMs);
  });

  it("before its first attempt has a connection", async () => {
    const mute = await new Mute().start();
    const child = begin(throughMute("HTTPS_PROXY", "http://")(mute));
    const { outcomes, milliseconds } = await close(child);
    expect(outcomes).toEqual(["AbortError", "AbortError"]);
    expect(milliseconds).toBeLessThan(promptMs);
  });

  it("after all requests got their responses", async () => {
    const service = await ScriptedService.startTaking();
    stops.push(() => service.stop());
    const child = begin({ endpoint: service.endpoint });
    await child.waitForText(/^\[.*\]$/mu);
    const { outcomes, milliseconds } = await close(child);
    expect(outcomes).toEqual(["answered", "listed"]);
    expect(milliseconds).toBeLessThan(promptMs);
  });
});

it.each(["HTTPS_PROXY", "HTTP_PROXY"])("attempts that wait for a SOCKS proxy in %s end when the client is closed", async (variable) => {
  const mute = await new Mute().start();
  const child = begin(throughMute(variable, "socks5://")(mute));
  await pollUntil(() => mute.taken > 0);
  child.write("close");
  expect(JSON.parse(await child.waitForText(/^\[.*\]$/mu))).toEqual(["AbortError", "AbortError"]);
});

async function pollUntil(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!isSo() && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 10));
}
