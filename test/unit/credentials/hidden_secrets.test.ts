// Secrets that a service or a proxy repeats in its refusal do not come into the log.
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
  // Repeats all that it was sent, as it came and as a form's reader sees it, four times.
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

/** What both kinds of log have of the failure. */
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

describe("a service that repeats", () => {
  it("the external ID of the option and the session token has neither shown", async () => {
    setKeys();
    expect(await logged({ roleArn: role, externalId: "hunter2/external:id" })).not.toContain("hunter2");
  });

  it("the external ID and the session token of a profile has neither shown", async () => {
    const keys = "aws_access_key_id = AKID\naws_secret_access_key = hunter2-secret-key\naws_session_token = hunter2-session-token\n";
    settings.write("config", `[profile base]\n${keys}[profile own]\nrole_arn = ${role}\nsource_profile = base\nexternal_id = hunter2-of-the-profile\n`);
    expect(await logged({ profile: "own" })).not.toContain("hunter2");
  });

  it("a web identity token does not have it shown", async () => {
    vi.stubEnv("AWS_ROLE_ARN", role);
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", settings.write("token", "hunter2.web.identity=="));
    expect(await logged({})).not.toContain("hunter2");
  });
});

it.each(["hunter2-password", "hunter2%40pass%2Fword"])("a proxy that repeats its password %s does not have it shown", async (password) => {
  setKeys();
  const { host } = new URL(service.endpoint);
  settings.network = await readNetworkEnvironment({ HTTP_PROXY: `http://user:${password}@${host}` });
  const text = await logged({ roleArn: role, stsEndpoint: "http://sts.example" });
  expect(service.requests[0]?.headers["proxy-authorization"]).toBeDefined();
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain(Buffer.from(`user:${decodeURIComponent(password)}`).toString("base64"));
});
