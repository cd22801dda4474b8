// Tests credentials sources that never respond: each fails a request within 10 s and is named, and the call to it is ended.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialOptions } from "../../../src/credentials/credentials.js";
import type { CredentialProvider } from "../../../src/credentials/renewing_credentials.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { ScriptedService } from "../../support/scripted_service.js";

const role = "arn:aws:iam::123456789012:role/logs";

let settings: CredentialSettings;
let silent: SilentServer;
const stops: (() => void | Promise<void>)[] = [];

/** Accepts every request and never completes a response. */
class SilentServer {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** Connections that sent a request. */
  requests = 0;
  /** First bytes of each response, before the silence. */
  beginning = "";

  constructor() {
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on("error", () => undefined).once("close", () => this.#open.delete(socket));
      socket.once("data", () => {
        this.requests++;
        socket.write(this.beginning);
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are still open. */
  get open(): number {
    return this.#open.size;
  }

  stop(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }
}

const { setTimeout: realTimeout } = globalThis;

/** Waits in real time for a condition, while faked timers stand still. */
async function until(isTrue: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error("the condition stays false");
    await new Promise((resolve) => realTimeout(resolve, 1));
  }
}

beforeEach(async () => {
  settings = new CredentialSettings();
  silent = new SilentServer();
  await silent.start();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  silent.stop();
  vi.useRealTimers();
  settings.remove();
});

function credentialsOf(options: Partial<CredentialOptions>): CredentialProvider {
  return settings.credentials(options);
}

function keysInEnvironment(): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
}

function singleSignOn(): void {
  const start = "https://example.awsapps.com/start";
  vi.stubEnv("AWS_ENDPOINT_URL_SSO", silent.endpoint);
  settings.write("config", `[profile sso]\nsso_account_id = 123456789012\nsso_role_name = writer\nsso_start_url = ${start}\nsso_region = eu-west-1\n`);
  const cache = path.join(".aws", "sso", "cache");
  mkdirSync(path.join(settings.home, cache), { recursive: true });
  const token = { accessToken: "sso token", expiresAt: "2099-01-01T00:00:00Z", startUrl: start, region: "eu-west-1" };
  settings.write(path.join(cache, `${createHash("sha1").update(start).digest("hex")}.json`), JSON.stringify(token));
}

interface Case {
  readonly options: () => Partial<CredentialOptions>;
  readonly named: string;
}

const cases: Readonly<Record<string, Case>> = {
  "STS called for role_arn": {
    options: () => {
      keysInEnvironment();
      return { roleArn: role, stsEndpoint: silent.endpoint };
    },
    named: `AssumeRole of ${role}`,
  },
  "STS called for EKS_POD_EXECUTION_ROLE, before role_arn": {
    options: () => {
      keysInEnvironment();
      return { eksPodExecutionRole: `${role}-of-pod`, roleArn: role, stsEndpoint: silent.endpoint };
    },
    named: `AssumeRole of ${role}-of-pod`,
  },
  "STS called with a web identity token": {
    options: () => {
      vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", settings.write("token", "web token"));
      vi.stubEnv("AWS_ROLE_ARN", role);
      return { stsEndpoint: silent.endpoint };
    },
    named: `AssumeRoleWithWebIdentity of ${role}`,
  },
  "STS called for a profile's role": {
    options: () => {
      settings.write("credentials", "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n");
      settings.write("config", `[profile own]\nrole_arn = ${role}\nsource_profile = base\n`);
      return { profile: "own", stsEndpoint: silent.endpoint };
    },
    named: `AssumeRole of ${role}`,
  },
  "the portal of single sign-on": {
    options: () => {
      singleSignOn();
      return { profile: "sso" };
    },
    named: "profile 'sso'",
  },
};

describe.each(Object.entries(cases))("%s", (_, { options, named }) => {
  it("fails a request after 10 s of silence, and the call ends", async () => {
    const credentials = credentialsOf(options());
    let failure: unknown;
    credentials.provide().catch((error: unknown) => (failure = error));
    await until(() => silent.requests === 1);
    await vi.advanceTimersByTimeAsync(9999);
    expect(failure).toBeUndefined();
    expect(silent.open).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(failure).toMatchObject({ name: "CredentialsTimeout", message: `no credentials within 10 s: no response from ${named}` });
    await until(() => silent.open === 0);
    expect(silent.requests).toBe(1);
  });

  it("is called again by the next request after a pause", async () => {
    const credentials = credentialsOf(options());
    for (const calls of [1, 2]) {
      let isOver = false;
      credentials.provide().catch(() => (isOver = true));
      await until(() => silent.requests === calls);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(isOver).toBe(true);
      await until(() => silent.open === 0);
      settings.aheadMs += 1000;
    }
  });

  it("is no longer waited for when the credentials are closed", async () => {
    const credentials = credentialsOf(options());
    credentials.provide().catch(() => undefined);
    await until(() => silent.requests === 1);
    credentials.close();
    await until(() => silent.open === 0);
    expect(silent.requests).toBe(1);
  });
});

describe("a container's endpoint", () => {
  beforeEach(() => {
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", silent.endpoint);
  });

  it.each([
    ["is silent", ""],
    ["falls silent within its response", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"],
  ])("that %s is called three times, and then fails in less than 10 s", async (_, beginning) => {
    silent.beginning = beginning;
    let failure: unknown;
    credentialsOf({}).provide().catch((error: unknown) => (failure = error));
    for (const [calls, pauseMs] of [[1, 200], [2, 400], [3, 0]] as const) {
      await until(() => silent.requests === calls);
      await vi.advanceTimersByTimeAsync(1999);
      expect(silent.open).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      await until(() => silent.open === 0);
      await vi.advanceTimersByTimeAsync(pauseMs);
    }
    await until(() => failure !== undefined);
    const message = `the container's endpoint: ${new URL(silent.endpoint).host} did not respond in time`;
    expect(failure).toMatchObject({ name: "CredentialsProviderError", message });
  });

  it("that is silent is neither waited for nor called again when the credentials are closed", async () => {
    const credentials = credentialsOf({});
    let failure: unknown;
    credentials.provide().catch((error: unknown) => (failure = error));
    await until(() => silent.requests === 1);
    credentials.close();
    await until(() => silent.open === 0 && failure !== undefined);
    expect(silent.requests).toBe(1);
  });
});

describe("a credential_process", () => {
  it("fails a request after 10 s, and the next request uses its late credentials without a second process", async () => {
    const wait = settings.write("wait", "");
    const started = path.join(settings.home, "started");
    const printed = JSON.stringify({ Version: 1, AccessKeyId: "AKIDLATE", SecretAccessKey: "s" });
    const script = settings.write("process.sh", `echo once >> '${started}'\nwhile [ -e '${wait}' ]; do sleep 0.05; done\necho '${printed}'\n`);
    stops.push(() => rmSync(wait, { force: true }));
    settings.write("config", `[profile run]\ncredential_process = sh ${script}\n`);
    const credentials = credentialsOf({ profile: "run" });
    const first = expect(credentials.provide()).rejects.toThrow("no credentials within 10 s: no response from the credential_process of profile 'run'");
    await until(() => existsSync(started));
    await vi.advanceTimersByTimeAsync(10_000);
    await first;
    const second = credentials.provide();
    rmSync(wait);
    expect(await second).toMatchObject({ accessKeyId: "AKIDLATE" });
    expect(readFileSync(started, "utf8")).toBe("once\n");
  });
});

describe("an attempt to send", () => {
  function clientOf(endpoint: string, requestTimeoutMs = 0) {
    keysInEnvironment();
    const options = { roleArn: role, stsEndpoint: silent.endpoint };
    const none = { profile: undefined, externalId: undefined };
    const connection = { region: "us-west-2", stream: "logs", endpoint, requestTimeoutMs, responseTimeoutMs: 10_000, ...none, ...options };
    const client = createKinesisClient(connection, credentialsOf(options), "1", bodiesFor("logs"));
    stops.push(() => client.close());
    return client;
  }

  const entry = entryOf({ data: Buffer.from("x"), partitionKey: "k" });

  it.each([
    [0, 10_000, "10 s"],
    [2000, 2000, "http_request_timeout (2 s)"],
    [10_000, 10_000, "10 s"],
    [30_000, 10_000, "10 s"],
  ])("with http_request_timeout of %i ms fails after %i ms with an error that names the silent source", async (requestTimeoutMs, afterMs, limit) => {
    const outcome = clientOf("http://127.0.0.1:1", requestTimeoutMs).putRecords(...tableOf([entry]));
    let isOver = false;
    void outcome.then(() => (isOver = true));
    await until(() => silent.requests === 1);
    await vi.advanceTimersByTimeAsync(afterMs - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const { message, ...rest } = (await outcome) as { message: string };
    expect(rest).toEqual({ kind: "failed", code: "CredentialsTimeout", cause: "transient" });
    expect(message.replace("http_request_timeout (10 s)", "10 s")).toBe(`no credentials within ${limit}: no response from AssumeRole of ${role}`);
  });

  it("ends immediately when the client is closed, and so does the call to the source", async () => {
    const client = clientOf("http://127.0.0.1:1");
    const outcomes = Promise.all([client.putRecords(...tableOf([entry])), client.listShards()]);
    await until(() => silent.requests === 1);
    client.close();
    expect(await outcomes).toMatchObject([{ code: "AbortError" }, { code: "AbortError" }]);
    await until(() => silent.open === 0);
  });

  it("to list the shards also fails with an error that names the silent source", async () => {
    const outcome = clientOf("http://127.0.0.1:1").listShards();
    await until(() => silent.requests === 1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toMatchObject({ code: "CredentialsTimeout", message: expect.stringContaining(`AssumeRole of ${role}`) as string });
  });
});

it("a response of Kinesis is read also while the source of new credentials is silent", async () => {
  const expiration = "2099-01-01T00:00:00Z";
  const container = await ScriptedService.start((_, index) => {
    if (index > 0) return "silence";
    return { body: JSON.stringify({ AccessKeyId: "AKID1", SecretAccessKey: "s", Token: "t", Expiration: expiration }) };
  });
  stops.push(() => container.stop());
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.endpoint);
  const responses: ServerResponse[] = [];
  const kinesis = createHttpServer((request, response) => request.resume().once("end", () => responses.push(response)));
  await new Promise<void>((resolve) => kinesis.listen(0, "127.0.0.1", resolve));
  stops.push(() => void kinesis.close());
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const endpoint = `http://127.0.0.1:${(kinesis.address() as AddressInfo).port}`;
  const connection = { region: "us-west-2", stream: "logs", endpoint, requestTimeoutMs: 0, ...none };
  const credentials = settings.credentials();
  const client = createKinesisClient(connection, credentials, "1", bodiesFor("logs"));
  stops.push(() => client.close());
  const send = () => client.putRecords(...tableOf([entryOf({ data: Buffer.from("x"), partitionKey: "k" })]));
  const [one, other] = [send(), send()];
  await until(() => responses.length === 2);
  settings.aheadMs = 60_000;
  responses[0]?.writeHead(400).end(JSON.stringify({ __type: "ExpiredTokenException", message: "old" }));
  const rejected = await Promise.race([one.then(() => "the first"), other.then(() => "the second")]);
  responses[1]?.end(JSON.stringify({ FailedRecordCount: 1, Records: [{ ErrorCode: "InternalFailure", ErrorMessage: "broken" }] }));
  const [first, second] = rejected === "the first" ? [one, other] : [other, one];
  expect(await first).toMatchObject({ kind: "failed", code: "ExpiredTokenException" });
  expect(await second).toMatchObject({ kind: "answered", failed: [{ code: "InternalFailure" }] });
  expect(container.requests).toHaveLength(1);
});
