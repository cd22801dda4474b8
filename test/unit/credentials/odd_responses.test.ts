// Tests invalid responses of credentials sources: redirects, other protocols, endless interim responses, slow and oversized ones.
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import type { Socket } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialOptions } from "../../../src/credentials/credentials.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { hintWithoutEnd, RawServer, switching } from "../../support/raw_server.js";

const expiration = "2099-01-01T00:00:00Z";
const most = 64 * 1024;
const role = "arn:aws:iam::123456789012:role/logs";

let settings: CredentialSettings;
let server: RawServer | undefined;

beforeEach(() => {
  settings = new CredentialSettings();
});
afterEach(() => {
  server?.stop();
  settings.remove();
});

async function serve(say: (socket: Socket) => void): Promise<string> {
  server = await RawServer.start(say);
  return server.endpoint;
}

interface Source {
  /** Setting that the error about a redirect names. */
  readonly setting: string;
  /** Sets up the source; returns the options that lead to it. */
  readonly at: (endpoint: string) => Partial<CredentialOptions>;
  /** Returns the body of a valid response with `filling` in it. */
  readonly body: (filling: string) => string;
}

const local = (filling: string) =>
  JSON.stringify({ AccessKeyId: "AKID", SecretAccessKey: "s", Token: "t", Expiration: expiration, More: filling });

const sources: Readonly<Record<string, Source>> = {
  "the Security Token Service": {
    setting: "the option sts_endpoint, AWS_ENDPOINT_URL_STS and the proxy",
    at(stsEndpoint) {
      vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "s");
      return { roleArn: role, stsEndpoint };
    },
    body: (filling) =>
      `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` +
      `<SessionToken>t</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult><More>${filling}</More></AssumeRoleResponse>`,
  },
  "single sign-on": {
    setting: "sso_region of the profile, AWS_ENDPOINT_URL_SSO and the proxy",
    at(endpoint) {
      const start = "https://example.awsapps.com/start";
      vi.stubEnv("AWS_ENDPOINT_URL_SSO", endpoint);
      settings.write("config", `[profile sso]\nsso_account_id = 123456789012\nsso_role_name = w\nsso_start_url = ${start}\nsso_region = eu-west-1\n`);
      const cache = path.join(".aws", "sso", "cache");
      mkdirSync(path.join(settings.home, cache), { recursive: true });
      const token = { accessToken: "sso token", expiresAt: expiration, startUrl: start, region: "eu-west-1" };
      settings.write(path.join(cache, `${createHash("sha1").update(start).digest("hex")}.json`), JSON.stringify(token));
      return { profile: "sso" };
    },
    body: (filling) =>
      JSON.stringify({ roleCredentials: { accessKeyId: "AKID", secretAccessKey: "s", sessionToken: "t", expiration: Date.parse(expiration) }, filling }),
  },
  "a container's endpoint": {
    setting: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    at(endpoint) {
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint);
      return {};
    },
    body: local,
  },
  "a container's endpoint that a profile names": {
    setting: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    at(endpoint) {
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint);
      settings.write("config", `[profile own]\nrole_arn = ${role}\ncredential_source = EcsContainer\n`);
      return { profile: "own", stsEndpoint: "http://127.0.0.1:1" };
    },
    body: local,
  },
  "EC2 instance metadata": {
    setting: "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    at(endpoint) {
      vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
      vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
      return {};
    },
    body: local,
  },
};

describe.each(Object.entries(sources))("%s", (name, { at, body, setting }) => {
  it.each([301, 307])("that redirects (%i) fails with the target and the setting to check", async (status) => {
    const options = at(await serve((socket) => socket.end(`HTTP/1.1 ${status} Moved\r\nlocation: https://login.example/?hunter2\r\ncontent-length: 0\r\n\r\n`)));
    const failure = await settings.failure(options);
    expect(failure).toContain(`redirects to https://login.example (status ${status}), which is not followed; check ${setting}`);
    expect(failure).not.toContain("hunter2");
  });

  it("that responds with an unknown encoding fails with an error that names it", async () => {
    const options = at(await serve((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 1\r\n\r\nx")));
    expect(await settings.failure(options)).toContain("the response has the encoding zstd, though no encoding was requested");
  });

  it("that switches protocols fails immediately", async () => {
    const options = at(await serve((socket) => socket.write(switching)));
    expect(await settings.failure(options)).toMatch(/101 Switching Protocols, which was not requested/);
  });

  it("that sends endless interim responses fails immediately", async () => {
    const options = at(await serve(hintWithoutEnd));
    expect(await settings.failure(options)).toMatch(/more than 8 interim responses \(the last with status 103\)/);
  });

  // Not for these two: the profile's role needs STS as well, and metadata takes three responses (tested below).
  if (name.includes("profile names") || name.includes("metadata")) return;
  it.each([most, most + 1])("may respond with up to 65536 bytes: %i", async (bytes) => {
    const response = body("x".repeat(bytes - body("").length));
    const options = at(await serve((socket) => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n${response}`)));
    if (bytes <= most) expect(await settings.keyId(options)).toBe("AKID");
    else expect(await settings.failure(options)).toContain("the response has more than 65536 bytes; is it the address of the service?");
  });
});

describe("EC2 instance metadata", () => {
  it.each([most, most + 1])("may respond with up to 65536 bytes: %i", async (bytes) => {
    const document = local("x".repeat(bytes - local("").length));
    const responses = ["token", "host-role", document];
    let calls = 0;
    const options = sources["EC2 instance metadata"]?.at(
      await serve((socket) => {
        const response = responses[Math.min(calls++, 2)] ?? "";
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${response.length}\r\n\r\n${response}`);
      }),
    );
    if (bytes <= most) expect(await settings.keyId(options)).toBe("AKID");
    else expect(await settings.failure(options)).toContain("the response has more than 65536 bytes");
  });

  it("that responds byte by byte has 1 s for each call, and the call ends when the credentials are closed", { timeout: 30_000 }, async () => {
    const options = sources["EC2 instance metadata"]?.at(
      await serve((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nx: ");
        const drip = setInterval(() => socket.write("a"), 20);
        socket.once("close", () => clearInterval(drip));
      }),
    );
    const credentials = settings.credentials(options);
    const failure = credentials.provide().catch((error: unknown) => (error as Error).message);
    await vi.waitFor(() => expect(server?.open).toBe(1));
    await vi.waitFor(() => expect(server?.asked).toBe(2), 20_000);
    credentials.close();
    expect(await failure).toContain("EC2 instance metadata");
    await vi.waitFor(() => expect(server?.open).toBe(0));
    expect(server?.asked).toBe(2);
  });
});
