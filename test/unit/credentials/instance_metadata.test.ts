// Tests EC2 instance metadata: the choice between IMDSv2 and IMDSv1, and expired credentials.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CredentialSettings } from "../../support/credential_settings.js";
import { ScriptedService, type ServedResponse, type ServedRequest } from "../../support/scripted_service.js";

let settings: CredentialSettings;
let service: ScriptedService | undefined;

beforeEach(() => {
  settings = new CredentialSettings();
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
});
afterEach(async () => {
  await service?.stop();
  settings.remove();
});

/** Starts a service that responds like IMDSv1, and with the given response to the request for a token. */
async function serve(token: ServedResponse, read: (request: ServedRequest, index: number) => ServedResponse | undefined = () => undefined, expiration = "2099-01-01T00:00:00Z") {
  service = await ScriptedService.start((request, index) => {
    if (request.method === "PUT") return token;
    const credentials = { AccessKeyId: "AKIDINSTANCE", SecretAccessKey: "s", Token: "t", Expiration: expiration };
    return read(request, index) ?? { body: request.path.endsWith("/") ? "host-role" : JSON.stringify(credentials) };
  });
  vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint);
}

it.each([403, 404, 405])("IMDSv1 is used when the request for a token gets status %i", async (status) => {
  await serve({ status, body: "" });
  expect(await settings.keyId()).toBe("AKIDINSTANCE");
  expect(service?.requests.map(({ method }) => method)).toEqual(["PUT", "GET", "GET"]);
});

it.each([
  ["the environment", () => vi.stubEnv("AWS_EC2_METADATA_V1_DISABLED", "true")],
  ["the configuration file", () => settings.write("config", "[default]\nec2_metadata_v1_disabled = true\n")],
])("IMDSv1 is not used when %s turns it off", async (_, turnOff) => {
  turnOff();
  await serve({ status: 403, body: "" });
  expect(await settings.failure()).toContain("EC2 instance metadata: returns no token, and IMDSv1 is off");
  expect(service?.requests).toHaveLength(1);
});

it("a request for a token that gets status 400 is an error", async () => {
  await serve({ status: 400, body: "" });
  expect(await settings.failure()).toContain("EC2 instance metadata: responded with status 400");
  expect(service?.requests).toHaveLength(1);
});

it("a service that fails is called three times", async () => {
  await serve({ body: "token" }, (_, index) => (index < 3 ? { status: 500, body: "" } : undefined));
  expect(await settings.keyId()).toBe("AKIDINSTANCE");
  expect(service?.requests).toHaveLength(5);
});

it("expired credentials are used for another 5 to 10 minutes, with a warning", async () => {
  await serve({ body: "token" }, undefined, "2020-01-01T00:00:00Z");
  const beginMs = Date.now();
  const { expiration } = await settings.credentials().provide();
  expect((expiration?.getTime() ?? 0) - beginMs).toBeGreaterThanOrEqual(450_000);
  expect((expiration?.getTime() ?? 0) - beginMs).toBeLessThan(480_000);
  expect(settings.log.at("warning")[0]).toMatch(/^EC2 instance metadata returned credentials that expired at 2020-01-01T00:00:00\.000Z\. They are used until /);
});

it.each([
  ["AWS_EC2_METADATA_SERVICE_ENDPOINT", "localhost", "must be a URL such as"],
  ["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5", "must be IPv4 or IPv6"],
])("%s = %s is rejected", async (name, value, reason) => {
  vi.stubEnv(name, value);
  expect(await settings.failure()).toContain(`EC2 instance metadata: cannot be called: ${name} ${reason}`);
});
