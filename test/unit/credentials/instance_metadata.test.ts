// EC2 instance metadata of both versions: which is asked, and credentials that have expired already.
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

/** As a service with IMDSv1 answers, and its token as the test says. */
async function serve(token: ServedResponse, read: (request: ServedRequest, index: number) => ServedResponse | undefined = () => undefined, expiration = "2099-01-01T00:00:00Z") {
  service = await ScriptedService.start((request, index) => {
    if (request.method === "PUT") return token;
    const credentials = { AccessKeyId: "AKIDINSTANCE", SecretAccessKey: "s", Token: "t", Expiration: expiration };
    return read(request, index) ?? { body: request.path.endsWith("/") ? "host-role" : JSON.stringify(credentials) };
  });
  vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint);
}

it.each([403, 404, 405])("the first version is asked when a token is answered with %i", async (status) => {
  await serve({ status, body: "" });
  expect(await settings.keyId()).toBe("AKIDINSTANCE");
  expect(service?.requests.map(({ method }) => method)).toEqual(["PUT", "GET", "GET"]);
});

it.each([
  ["the environment", () => vi.stubEnv("AWS_EC2_METADATA_V1_DISABLED", "true")],
  ["the configuration file", () => settings.write("config", "[default]\nec2_metadata_v1_disabled = true\n")],
])("the first version is not asked when %s has turned it off", async (_, turnOff) => {
  turnOff();
  await serve({ status: 403, body: "" });
  expect(await settings.failure()).toContain("EC2 instance metadata: returns no token, and IMDSv1 is off");
  expect(service?.requests).toHaveLength(1);
});

it("a refused token is an error", async () => {
  await serve({ status: 400, body: "" });
  expect(await settings.failure()).toContain("EC2 instance metadata: responded with status 400");
  expect(service?.requests).toHaveLength(1);
});

it("a failing service is asked three times in all", async () => {
  await serve({ body: "token" }, (_, index) => (index < 3 ? { status: 500, body: "" } : undefined));
  expect(await settings.keyId()).toBe("AKIDINSTANCE");
  expect(service?.requests).toHaveLength(5);
});

it("expired credentials are used for 5 to 10 minutes more, with a warning", async () => {
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
])("%s of %s is refused", async (name, value, reason) => {
  vi.stubEnv(name, value);
  expect(await settings.failure()).toContain(`EC2 instance metadata: cannot be called: ${name} ${reason}`);
});
