// Tests the default chain against servers on this machine: each source, and their order.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startContainerEndpoint, startInstanceMetadata } from "../../support/credential_servers.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { ScriptedService } from "../../support/scripted_service.js";
import { LocalTokenService } from "../../support/token_service.js";
import { containerAddress } from "../../../src/credentials/container_credentials.js";

let settings: CredentialSettings;
const stops: (() => Promise<void>)[] = [];

beforeEach(() => {
  settings = new CredentialSettings();
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  settings.remove();
});

async function running<Service extends { stop(): Promise<void> }>(starting: Promise<Service>): Promise<Service> {
  const service = await starting;
  stops.push(() => service.stop());
  return service;
}

function setKeys(): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
}

async function setWebIdentity(): Promise<LocalTokenService> {
  const tokens = await running(LocalTokenService.start());
  vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", settings.write("token", "first token\n"));
  vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::111111111111:role/irsa");
  return tokens;
}

function setDefaultProfile(): void {
  settings.write("credentials", "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n");
}

async function setContainer(): Promise<ScriptedService> {
  const endpoint = await running(startContainerEndpoint("AKIDCONTAINER", () => undefined));
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${endpoint.endpoint}/v2/credentials?id=7`);
  return endpoint;
}

async function setInstance(): Promise<ScriptedService> {
  const metadata = await running(startInstanceMetadata("AKIDINSTANCE"));
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
  vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.endpoint);
  return metadata;
}

describe("the environment", () => {
  it("provides the keys and the token without any request", async () => {
    const metadata = await setInstance();
    setKeys();
    vi.stubEnv("AWS_SESSION_TOKEN", "session");
    const expected = { accessKeyId: "AKIDENVIRONMENT", secretAccessKey: "dummy-secret", sessionToken: "session" };
    expect(await settings.credentials().provide()).toEqual(expected);
    expect(metadata.requests).toEqual([]);
  });

  it("provides the keys under the older names that the Go SDK accepts, unless the newer names are set", async () => {
    vi.stubEnv("AWS_ACCESS_KEY", "AKIDOLD");
    vi.stubEnv("AWS_SECRET_KEY", "old");
    expect(await settings.credentials().provide()).toEqual({ accessKeyId: "AKIDOLD", secretAccessKey: "old" });
    setKeys();
    expect(await settings.keyId()).toBe("AKIDENVIRONMENT");
  });

  it("with only one of the two keys is skipped", async () => {
    setDefaultProfile();
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
    expect(await settings.keyId()).toBe("AKIDDEFAULT");
  });
});

describe("a web identity token", () => {
  it("is exchanged at sts_endpoint, without a signature, under AWS_ROLE_SESSION_NAME", async () => {
    const tokens = await setWebIdentity();
    vi.stubEnv("AWS_ROLE_SESSION_NAME", "pod-7");
    expect(await settings.keyId({ stsEndpoint: tokens.endpoint })).toBe("AKIDIRSA");
    expect(tokens.calls.map(({ action, signer }) => [action, signer])).toEqual([["AssumeRoleWithWebIdentity", undefined]]);
    expect(Object.fromEntries(tokens.calls[0]?.form ?? [])).toMatchObject({
      RoleArn: "arn:aws:iam::111111111111:role/irsa",
      RoleSessionName: "pod-7",
      WebIdentityToken: "first token",
    });
  });

  it("is read from its file on each fetch, and the session has the plugin's name by default", async () => {
    const tokens = await setWebIdentity();
    tokens.expiration = new Date(Date.now() + 3_600_000).toISOString();
    const credentials = settings.credentials({ stsEndpoint: tokens.endpoint });
    await credentials.provide();
    settings.write("token", "second token");
    settings.aheadMs = 3_600_000;
    tokens.expiration = "2099-01-01T00:00:00Z";
    await credentials.provide();
    expect(tokens.calls.map(({ form }) => form.get("WebIdentityToken"))).toEqual(["first token", "second token"]);
    expect(tokens.calls[0]?.form.get("RoleSessionName")).toBe("fluent-bit-kinesis");
  });

  it("without AWS_ROLE_ARN is an error, and the next source is not tried", async () => {
    setDefaultProfile();
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", settings.write("token", "t"));
    expect(await settings.failure()).toBe("the web identity token: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  });

  it("whose file is missing is an error that names the file", async () => {
    await setWebIdentity();
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token");
    expect(await settings.failure()).toBe("the web identity token: AWS_WEB_IDENTITY_TOKEN_FILE names /nowhere/token, which cannot be read (ENOENT)");
  });

  it.each([
    ["is a folder", () => settings.home, /^the web identity token: AWS_WEB_IDENTITY_TOKEN_FILE names .*, which is a folder/u],
    ["is empty", () => settings.write("empty", "\n"), /^the web identity token: AWS_WEB_IDENTITY_TOKEN_FILE names .*, which is empty$/u],
  ])("whose file %s is an error that names the variable, and STS is not called", async (_, file, message) => {
    const tokens = await setWebIdentity();
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", file());
    const options = { stsEndpoint: tokens.endpoint };
    await expect(settings.credentials(options).provide()).rejects.toMatchObject({ name: "CredentialsProviderError" });
    expect(await settings.failure(options)).toMatch(message);
    expect(tokens.calls).toEqual([]);
  });
});

describe("a container's endpoint", () => {
  it("receives the token of AWS_CONTAINER_AUTHORIZATION_TOKEN", async () => {
    const endpoint = await running(startContainerEndpoint("AKIDTASK", () => "task token"));
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${endpoint.endpoint}/v2/credentials?id=7`);
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "task token");
    const expiration = new Date("2099-01-01T00:00:00Z");
    const expected = { accessKeyId: "AKIDTASK", secretAccessKey: "secret", sessionToken: "session", expiration };
    expect(await settings.credentials().provide()).toEqual(expected);
  });

  it("of EKS receives the token of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, read on each fetch", async () => {
    let token = "first";
    const endpoint = await running(startContainerEndpoint("AKIDPOD", () => token));
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${endpoint.endpoint}/v2/credentials?id=7`);
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this one");
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", settings.write("pod-token", "first\n"));
    expect(await settings.keyId()).toBe("AKIDPOD");
    token = "second";
    settings.write("pod-token", "second\n");
    expect(await settings.keyId()).toBe("AKIDPOD");
  });

  it("has the address of ECS with a relative URI, which a full URI overrides", () => {
    const relative = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/7" };
    expect(containerAddress(relative)?.href).toBe("http://169.254.170.2/v2/credentials/7");
    const full = { ...relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials" };
    expect(containerAddress(full)?.href).toBe("http://169.254.170.23/v1/credentials");
  });

  it.each([
    ["https://credentials.example/", true],
    ["http://localhost:8080/", true],
    ["http://127.9.9.9/", true],
    ["http://[::1]/", true],
    ["http://[fd00:ec2::23]/v1/credentials", true],
    ["http://credentials.example/", false],
    ["http://169.254.169.254/", false],
    ["http://127.0.0.1.example/", false],
    ["ftp://localhost/", false],
    ["localhost", false],
  ])("at %s is allowed: %s", (address, isAllowed) => {
    const read = () => containerAddress({ AWS_CONTAINER_CREDENTIALS_FULL_URI: address });
    if (isAllowed) expect(read()).toBeInstanceOf(URL);
    else expect(read).toThrow(/^AWS_CONTAINER_CREDENTIALS_FULL_URI must be a URL with https, or with http and an address/);
  });

  it.each(["hang up", { status: 429, body: "" }, { status: 500, body: "" }, { status: 503, body: "" }] as const)(
    "that fails twice (%j) is called three times",
    async (failure) => {
      const body = JSON.stringify({ AccessKeyId: "AKIDTASK", SecretAccessKey: "s" });
      const shaky = await running(ScriptedService.start((_, index) => (index < 2 || index > 2 ? failure : { body })));
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", shaky.endpoint);
      expect(await settings.keyId()).toBe("AKIDTASK");
      expect(await settings.failure()).toContain(new URL(shaky.endpoint).host);
      expect(shaky.requests).toHaveLength(6);
    },
  );

  it("that rejects the request is not called again", async () => {
    const endpoint = await running(startContainerEndpoint("AKIDTASK", () => "token"));
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${endpoint.endpoint}/v2/credentials?id=7`);
    expect(await settings.failure()).toMatch(/^the container's endpoint: 127\.0\.0\.1:\d+ responded with status 401 \(InvalidToken\)$/);
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe("EC2 instance metadata", () => {
  it("provides the credentials of the machine's role, with a token", async () => {
    const metadata = await setInstance();
    expect(await settings.keyId()).toBe("AKIDINSTANCE");
    expect(metadata.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "PUT /latest/api/token",
      "GET /latest/meta-data/iam/security-credentials/",
      "GET /latest/meta-data/iam/security-credentials/host-role",
    ]);
  });

  it.each(["true", "TRUE"])("is not called when AWS_EC2_METADATA_DISABLED is %s", async (value) => {
    const metadata = await setInstance();
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", value);
    expect(await settings.failure()).toContain("EC2 instance metadata is off (AWS_EC2_METADATA_DISABLED)");
    expect(metadata.requests).toEqual([]);
  });
});

describe("with several sources", () => {
  it("the order is that of the Go SDK: environment, web identity, files, container, instance", async () => {
    await setInstance();
    expect(await settings.keyId()).toBe("AKIDINSTANCE");
    await setContainer();
    expect(await settings.keyId()).toBe("AKIDCONTAINER");
    setDefaultProfile();
    expect(await settings.keyId()).toBe("AKIDDEFAULT");
    const { endpoint: stsEndpoint } = await setWebIdentity();
    expect(await settings.keyId({ stsEndpoint })).toBe("AKIDIRSA");
    setKeys();
    expect(await settings.keyId({ stsEndpoint })).toBe("AKIDENVIRONMENT");
  });

  it("keys in the environment override AWS_PROFILE, and nothing is written to the console", async () => {
    const spies = (["warn", "error", "log", "info"] as const).map((name) => vi.spyOn(console, name));
    setDefaultProfile();
    setKeys();
    vi.stubEnv("AWS_PROFILE", "default");
    expect(await settings.keyId()).toBe("AKIDENVIRONMENT");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "");
    expect(await settings.keyId()).toBe("AKIDDEFAULT");
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it("the option profile overrides all sources, and no other source replaces a missing profile", async () => {
    setKeys();
    settings.write("credentials", "[writer]\naws_access_key_id = AKIDWRITER\naws_secret_access_key = s\n");
    expect(await settings.keyId({ profile: "writer" })).toBe("AKIDWRITER");
    expect(await settings.failure({ profile: "reader" })).toBe(
      "option profile: profile 'reader' is not in the shared files or has no credentials",
    );
  });
});
