// Tests profiles of the shared files: which one is used, and each way in which it provides credentials.
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startContainerEndpoint, startSingleSignOn } from "../../support/credential_servers.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { LocalTokenService } from "../../support/token_service.js";

const role = "arn:aws:iam::123456789012:role/writer";

let settings: CredentialSettings;
let tokens: LocalTokenService;

beforeEach(async () => {
  settings = new CredentialSettings();
  tokens = await LocalTokenService.start();
});

afterEach(async () => {
  await tokens.stop();
  settings.remove();
});

function keys(profile: string, keyId: string): string {
  return `[${profile}]\naws_access_key_id = ${keyId}\naws_secret_access_key = s\n`;
}

describe("the profile", () => {
  beforeEach(() => {
    settings.write("credentials", keys("default", "AKIDDEFAULT") + keys("named", "AKIDNAMED"));
  });

  it("is that of AWS_PROFILE, else default", async () => {
    expect(await settings.keyId()).toBe("AKIDDEFAULT");
    vi.stubEnv("AWS_PROFILE", "named");
    expect(await settings.keyId()).toBe("AKIDNAMED");
  });

  it("is that of AWS_DEFAULT_PROFILE if AWS_SDK_LOAD_CONFIG is set, as for the Go SDK", async () => {
    vi.stubEnv("AWS_DEFAULT_PROFILE", "named");
    expect(await settings.keyId()).toBe("AKIDDEFAULT");
    vi.stubEnv("AWS_SDK_LOAD_CONFIG", "1");
    expect(await settings.keyId()).toBe("AKIDNAMED");
  });

  it("is read from AWS_CONFIG_FILE too, and read again after a change", async () => {
    vi.stubEnv("AWS_CONFIG_FILE", settings.write("other-config", keys("profile other", "AKIDONE")));
    expect(await settings.keyId({ profile: "other" })).toBe("AKIDONE");
    settings.write("other-config", keys("profile other", "AKIDTWO"));
    expect(await settings.keyId({ profile: "other" })).toBe("AKIDTWO");
  });
});

describe("a profile with a role", () => {
  it("assumes it with source_profile, at sts_endpoint, with its own session name or the plugin's", async () => {
    settings.write("credentials", keys("base", "AKIDBASE"));
    const common = `role_arn = ${role}\nsource_profile = base\n`;
    settings.write("config", `[profile own]\n${common}role_session_name = mine\nexternal_id = theirs\n[profile plain]\n${common}`);
    expect(await settings.keyId({ profile: "own", stsEndpoint: tokens.endpoint })).toBe("AKIDWRITER");
    expect(await settings.keyId({ profile: "plain", externalId: "of-role_arn", stsEndpoint: tokens.endpoint })).toBe("AKIDWRITER");
    expect(tokens.calls.map(({ signer }) => signer)).toEqual(["AKIDBASE", "AKIDBASE"]);
    expect(tokens.calls.map(({ form }) => form.get("RoleSessionName"))).toEqual(["mine", "fluent-bit-kinesis"]);
    expect(tokens.calls.map(({ form }) => form.get("ExternalId"))).toEqual(["theirs", null]);
  });

  it("assumes it with credential_source", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "s");
    settings.write("config", `[profile sourced]\nrole_arn = ${role}\ncredential_source = Environment\n`);
    expect(await settings.keyId({ profile: "sourced", stsEndpoint: tokens.endpoint })).toBe("AKIDWRITER");
    expect(tokens.calls[0]?.signer).toBe("AKIDENVIRONMENT");
  });

  it("assumes it with the container's credentials", async () => {
    const endpoint = await startContainerEndpoint("AKIDTASK", () => undefined);
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${endpoint.endpoint}/v2/credentials?id=7`);
    settings.write("config", `[default]\nrole_arn = ${role}\ncredential_source = EcsContainer\n`);
    expect(await settings.keyId({ stsEndpoint: tokens.endpoint })).toBe("AKIDWRITER");
    expect(tokens.calls[0]?.signer).toBe("AKIDTASK");
    await endpoint.stop();
  });

  it("assumes it with a web identity token", async () => {
    const file = settings.write("token", "web token\n");
    settings.write("config", `[profile web]\nrole_arn = ${role}\nweb_identity_token_file = ${file}\n`);
    expect(await settings.keyId({ profile: "web", stsEndpoint: tokens.endpoint })).toBe("AKIDWRITER");
    expect(tokens.calls[0]?.action).toBe("AssumeRoleWithWebIdentity");
    expect(tokens.calls[0]?.form.get("WebIdentityToken")).toBe("web token");
    expect(tokens.calls[0]?.form.get("RoleSessionName")).toBe("fluent-bit-kinesis");
  });

  it("whose source_profile is missing is an error, and the next source is not tried", async () => {
    settings.write("config", `[default]\nrole_arn = ${role}\nsource_profile = gone\n`);
    expect(await settings.failure()).toContain("the shared files: source_profile 'gone' of profile 'default' is not in the shared files or has no credentials");
  });
});

describe("a profile with unusual role settings", () => {
  const at = `role_arn = ${role}\n`;

  it.each([
    ["source_profile = base\ncredential_source = Environment\n", "profile 'own' has both source_profile and credential_source; remove one"],
    ["credential_source = Elsewhere\n", "profile 'own' has credential_source Elsewhere, must be Environment, EcsContainer or Ec2InstanceMetadata"],
    ["credential_source = Environment\n", "profile: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"],
    ["source_profile = base\nmfa_serial = m\n", "profile 'own' requires multi-factor authentication (mfa_serial), which the plugin does not support"],
    ["source_profile = base\nduration_seconds = long\n", "profile 'own' has a duration_seconds that is not a whole number"],
    ["source_profile = round\n", "profile 'other' leads back to itself by source_profile: round, other, round"],
  ])("fails with the reason: %j", async (lines, reason) => {
    settings.write("credentials", keys("base", "AKIDBASE"));
    settings.write("config", `[profile own]\n${at}${lines}[profile round]\n${at}source_profile = other\n[profile other]\n${at}source_profile = round\n`);
    expect(await settings.failure({ profile: "own", stsEndpoint: tokens.endpoint })).toContain(reason);
    expect(tokens.calls).toEqual([]);
  });

  it("uses its own keys when it names itself as source_profile", async () => {
    settings.write("config", `[profile own]\n${at}source_profile = own\nduration_seconds = 900\naws_access_key_id = AKIDOWN\naws_secret_access_key = s\n`);
    expect(await settings.keyId({ profile: "own", stsEndpoint: tokens.endpoint })).toBe("AKIDWRITER");
    expect(tokens.calls.map(({ signer }) => signer)).toEqual(["AKIDOWN"]);
    expect(tokens.calls[0]?.form.get("DurationSeconds")).toBe("900");
  });
});

describe("a profile with credential_process", () => {
  it("provides the credentials that the process prints", async () => {
    const printed = JSON.stringify({ Version: 1, AccessKeyId: "AKIDPROCESS", SecretAccessKey: "s" });
    settings.write("config", `[profile run]\ncredential_process = echo '${printed}'\n`);
    expect(await settings.keyId({ profile: "run" })).toBe("AKIDPROCESS");
  });

  it.each([
    ["false hunter2", "the credential_process of profile 'run' ended with status 1; run it by hand to see why"],
    ["echo hunter2", "the credential_process of profile 'run' printed no JSON"],
  ])("that runs '%s' fails with an error that shows neither the command line nor its output", async (command, reason) => {
    settings.write("config", `[default]\ncredential_process = echo '{}'\n[profile run]\ncredential_process = ${command}\n`);
    expect(await settings.failure({ profile: "run" })).toBe(`profile: ${reason}`);
  });
});

describe("a profile with single sign-on", () => {
  const start = "https://example.awsapps.com/start";

  function writeToken(cacheKey: string): void {
    const cache = path.join(".aws", "sso", "cache");
    mkdirSync(path.join(settings.home, cache), { recursive: true });
    const token = { accessToken: "sso token", expiresAt: "2099-01-01T00:00:00Z", startUrl: start, region: "eu-west-1" };
    settings.write(path.join(cache, `${createHash("sha1").update(cacheKey).digest("hex")}.json`), JSON.stringify(token));
  }

  const account = "sso_account_id = 123456789012\nsso_role_name = writer\n";

  it.each([
    ["in the profile", start, `[profile sso]\n${account}sso_start_url = ${start}\nsso_region = eu-west-1\n`],
    ["in a session section", "work", `[profile sso]\n${account}sso_session = work\n[sso-session work]\nsso_start_url = ${start}\nsso_region = eu-west-1\n`],
  ])("configured %s uses the token of aws sso login", async (_, cacheKey, config) => {
    const portal = await startSingleSignOn("AKIDSSO", "sso token");
    vi.stubEnv("AWS_ENDPOINT_URL_SSO", portal.endpoint);
    settings.write("config", config);
    writeToken(cacheKey);
    expect(await settings.keyId({ profile: "sso", stsEndpoint: "http://127.0.0.1:1" })).toBe("AKIDSSO");
    await portal.stop();
  });

  it("fails with the command to log in when there is no token", async () => {
    settings.write("config", `[profile sso]\n${account}sso_start_url = ${start}\nsso_region = eu-west-1\n`);
    expect(await settings.failure({ profile: "sso" })).toContain("run aws sso login");
  });
});
