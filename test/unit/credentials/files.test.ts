// Tests settings and token files replaced by FIFOs, devices, folders or huge files: the error names them, and no read hangs or grows.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { maxFileBytes, maxTokenBytes } from "../../../src/network/bounded_file.js";
import { startContainerEndpoint, startSingleSignOn } from "../../support/credential_servers.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { LocalTokenService } from "../../support/token_service.js";

const role = "arn:aws:iam::123456789012:role/writer";
const keys = "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n";

let settings: CredentialSettings;
let fifo: string;

beforeEach(() => {
  settings = new CredentialSettings();
  fifo = path.join(settings.home, "fifo");
  execFileSync("mkfifo", [fifo]);
});
afterEach(() => settings.remove());

/** Replacements of a file, with the error about each. */
const replacements: readonly [string, () => string, RegExp][] = [
  ["a FIFO", () => fifo, /is a FIFO; it must be a regular file/],
  ["an endless device", () => "/dev/zero", /is a device; it must be a regular file/],
  ["a folder", () => settings.home, /is a folder; it must be a regular file/],
  ["nothing", () => path.join(settings.home, "missing"), /cannot be read \(ENOENT\)/],
  ["a file that is too large", () => settings.write("large", "x".repeat(maxFileBytes + 1)), /has more than \d+ bytes; is it the right file\?/],
];

describe.each(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])("%s", (variable) => {
  it.each(replacements)("with %s in place of the file is reported, and the other sources are tried", async (name, file, reason) => {
    vi.stubEnv(variable, file());
    const failure = await settings.failure();
    expect(failure).toMatch(new RegExp(`profile 'default' is not in the shared files or has no credentials \\(${variable} names .*, which ${reason.source}`));
    expect(failure).toContain("EC2 instance metadata is off");
    await vi.waitFor(() => expect(settings.log.at("warning")).toHaveLength(name === "nothing" ? 0 : 1));
    for (const text of settings.log.at("warning")) expect(text).toMatch(new RegExp(`^${variable} names .*, which ${reason.source}.*\\. The file is ignored$`));
    expect(await settings.failure({ profile: "own" })).toMatch(new RegExp(`^option profile: profile 'own' .*${variable} names`));
  });

  it("with a FIFO does not block the SDK's clients, which read their settings there", async () => {
    vi.stubEnv(variable, fifo);
    // From here on the SDK reads files within the limits.
    settings.credentials().close();
    for (let clients = 0; clients < 6; clients++) {
      const client = new KinesisClient({ region: "us-west-2" });
      expect(await client.config.useFipsEndpoint()).toBe(false);
      client.destroy();
    }
  });

  it.each([maxFileBytes - 1, maxFileBytes, maxFileBytes + 1])("may have up to 1 MiB: %i bytes", async (bytes) => {
    const text = variable === "AWS_CONFIG_FILE" ? keys.replace("[default]", "[profile default]") : keys;
    vi.stubEnv(variable, settings.write("filled", text + "#".repeat(bytes - text.length)));
    if (bytes <= maxFileBytes) expect(await settings.keyId()).toBe("AKIDFILE");
    else expect(await settings.failure()).toContain(`${variable} names`);
  });

  it("may be a link, or the null device for an empty file", async () => {
    symlinkSync(settings.write("real", keys), path.join(settings.home, "link"));
    vi.stubEnv(variable, path.join(settings.home, "link"));
    expect(await settings.keyId()).toBe("AKIDFILE");
    vi.stubEnv(variable, "/dev/null");
    expect(await settings.failure()).toContain("has no credentials; AWS_CONTAINER");
    expect(settings.log.at("warning")).toEqual([]);
  });
});

it("a home folder without shared files is not a fault, but one with a FIFO as a shared file is", async () => {
  vi.stubEnv("AWS_CONFIG_FILE", undefined);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", undefined);
  expect(await settings.failure()).toContain("profile 'default' is not in the shared files or has no credentials; AWS_CONTAINER");
  mkdirSync(path.join(settings.home, ".aws"));
  execFileSync("mkfifo", [path.join(settings.home, ".aws", "credentials")]);
  expect(await settings.failure()).toMatch(/has no credentials \(the shared file .*\.aws\/credentials is a FIFO; it must be a regular file\)/);
});

describe("a token file", () => {
  const tokenReplacements = replacements.map(([name, file, reason]) => [name, file, reason] as const);

  it.each([...tokenReplacements, ["an empty file", () => settings.write("empty", " \n"), /is empty/] as const])("that is %s fails the web identity immediately", async (_, file, reason) => {
    vi.stubEnv("AWS_ROLE_ARN", role);
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", file());
    expect(await settings.failure()).toMatch(new RegExp(`^the web identity token: AWS_WEB_IDENTITY_TOKEN_FILE names .*, which ${reason.source}`));
  });

  it.each(tokenReplacements)("that is %s fails a profile's web identity immediately", async (_, file, reason) => {
    settings.write("config", `[profile web]\nrole_arn = ${role}\nweb_identity_token_file = ${file()}\n`);
    expect(await settings.failure({ profile: "web" })).toMatch(new RegExp(`^profile: web_identity_token_file of profile 'web' names .*, which ${reason.source}`));
  });

  it.each(tokenReplacements)("that is %s fails the container's endpoint immediately", async (_, file, reason) => {
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1");
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file());
    expect(await settings.failure()).toMatch(new RegExp(`^the container's endpoint: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names .*, which ${reason.source}`));
  });

  it.each([maxTokenBytes - 1, maxTokenBytes, maxTokenBytes + 1])("may have up to 20 KiB: %i bytes", async (bytes) => {
    const tokens = await LocalTokenService.start();
    vi.stubEnv("AWS_ROLE_ARN", role);
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", settings.write("token", "t".repeat(bytes)));
    const options = { stsEndpoint: tokens.endpoint };
    if (bytes <= maxTokenBytes) expect(await settings.keyId(options)).toBe("AKIDWRITER");
    else expect(await settings.failure(options)).toContain("which has more than 20480 bytes");
    await tokens.stop();
  });

  it("of a pod, a link to a link, is read", async () => {
    const endpoint = await startContainerEndpoint("AKIDPOD", () => "projected");
    mkdirSync(path.join(settings.home, "..data"));
    settings.write(path.join("..data", "token"), "projected\n");
    symlinkSync(path.join("..data", "token"), path.join(settings.home, "pod-token"));
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${endpoint.endpoint}/v2/credentials?id=7`);
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path.join(settings.home, "pod-token"));
    expect(await settings.keyId()).toBe("AKIDPOD");
    await endpoint.stop();
  });
});

describe("the session of a profile", () => {
  const start = "https://example.awsapps.com/start";
  const config = `[profile sso]\nsso_account_id = 123456789012\nsso_role_name = writer\nsso_start_url = ${start}\nsso_region = eu-west-1\n`;

  function cachePath(kind: "sso" | "login", name: string, hash: "sha1" | "sha256"): string {
    const folder = path.join(".aws", kind, "cache");
    mkdirSync(path.join(settings.home, folder), { recursive: true });
    return path.join(folder, `${createHash(hash).update(name).digest("hex")}.json`);
  }

  it("of single sign-on that is a FIFO fails immediately, with the command to log in", async () => {
    settings.write("config", config);
    execFileSync("mkfifo", [path.join(settings.home, cachePath("sso", start, "sha1"))]);
    expect(await settings.failure({ profile: "sso" })).toMatch(/the session of profile 'sso' \(.*\) is a FIFO; it must be a regular file; run aws sso login --profile sso/);
  });

  it.each(["hunter2", "null", '"hunter2"', ""])("of single sign-on that holds %j fails as holding no token, and the error does not show it", async (text) => {
    settings.write("config", config);
    settings.write(cachePath("sso", start, "sha1"), text);
    const failure = await settings.failure({ profile: "sso" });
    expect(failure).toMatch(/holds no token; run aws sso login --profile sso$/);
    expect(failure).not.toContain("hunter2");
  });

  it("of single sign-on is read again on each fetch", async () => {
    settings.write("config", config);
    const file = cachePath("sso", start, "sha1");
    for (const accessToken of ["first", "second"]) {
      const portal = await startSingleSignOn(`AKID${accessToken}`, accessToken);
      vi.stubEnv("AWS_ENDPOINT_URL_SSO", portal.endpoint);
      settings.write(file, JSON.stringify({ accessToken, expiresAt: "2099-01-01T00:00:00Z" }));
      expect(await settings.keyId({ profile: "sso" })).toBe(`AKID${accessToken}`);
      await portal.stop();
    }
  });

  it("whose name has no section is reported", async () => {
    settings.write("config", config.replace(/sso_start_url.*\n.*\n/, "sso_session = gone\n"));
    expect(await settings.failure({ profile: "sso" })).toContain("there is no [sso-session gone] in AWS_CONFIG_FILE");
  });

  it("of aws login that is a FIFO fails immediately, with the command to log in", async () => {
    settings.write("config", "[profile in]\nlogin_session = arn:aws:iam::123456789012:user/me\nregion = us-west-2\n");
    execFileSync("mkfifo", [path.join(settings.home, cachePath("login", "arn:aws:iam::123456789012:user/me", "sha256"))]);
    vi.stubEnv("AWS_LOGIN_CACHE_DIRECTORY", path.join(settings.home, ".aws", "login", "cache"));
    expect(await settings.failure({ profile: "in" })).toMatch(/the session of profile 'in' \(.*\) is a FIFO; it must be a regular file; run aws login --profile in/);
  });
});
