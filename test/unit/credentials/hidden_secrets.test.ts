// Tests that the log shows no secret that a service or a proxy repeats in its error.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialOptions } from "../../../src/credentials/credentials.js";
import { createLog } from "../../../src/telemetry/log.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { ScriptedService } from "../../support/scripted_service.js";

const role = "arn:aws:iam::123456789012:role/writer";

let settings: CredentialSettings;
let service: ScriptedService;

beforeEach(async () => {
  settings = new CredentialSettings();
  // Repeats the whole request four times, raw and form-decoded.
  service = await ScriptedService.start(({ body, headers }) => {
    const echo = [body, ...new URLSearchParams(body).values(), JSON.stringify(headers)].join(" ");
    const message = `refused: ${echo}`.repeat(4).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const text = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message.slice(0, 4000)}</Message></Error></ErrorResponse>`;
    return { status: 403, headers: { "content-type": "text/xml" }, body: text };
  });
});
afterEach(async () => {
  await service.stop();
  settings.remove();
});

/** Returns the log's lines about the failure. */
async function logged(options: Partial<CredentialOptions>): Promise<string> {
  const lines: string[] = [];
  const log = createLog("debug", () => 0, (line) => void lines.push(line));
  log.error(await settings.failure({ stsEndpoint: service.endpoint, ...options }));
  expect(service.requests).not.toEqual([]);
  expect(lines.join("")).toContain("refused: ");
  return lines.join("");
}

function setKeys(): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "hunter2-secret-key");
  vi.stubEnv("AWS_SESSION_TOKEN", "hunter2-session/token+of=two");
}

describe("the log, when a service repeats", () => {
  it("the external ID of the option and the session token, shows neither", async () => {
    setKeys();
    expect(await logged({ roleArn: role, externalId: "hunter2/external:id" })).not.toContain("hunter2");
  });

  it("the external ID and the session token of a profile, shows neither", async () => {
    const keys = "aws_access_key_id = AKID\naws_secret_access_key = hunter2-secret-key\naws_session_token = hunter2-session-token\n";
    settings.write("config", `[profile base]\n${keys}[profile own]\nrole_arn = ${role}\nsource_profile = base\nexternal_id = hunter2-of-the-profile\n`);
    expect(await logged({ profile: "own" })).not.toContain("hunter2");
  });

  it("a web identity token, does not show it", async () => {
    vi.stubEnv("AWS_ROLE_ARN", role);
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", settings.write("token", "hunter2.web.identity=="));
    expect(await logged({})).not.toContain("hunter2");
  });
});

it.each(["hunter2-password", "hunter2%40pass%2Fword"])("the log does not show the password %s when a proxy repeats it", async (password) => {
  setKeys();
  const { host } = new URL(service.endpoint);
  settings.network = await readNetworkEnvironment({ HTTP_PROXY: `http://user:${password}@${host}` });
  const text = await logged({ roleArn: role, stsEndpoint: "http://sts.example" });
  expect(service.requests[0]?.headers["proxy-authorization"]).toBeDefined();
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain(Buffer.from(`user:${decodeURIComponent(password)}`).toString("base64"));
});
