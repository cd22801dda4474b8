// Tests the message about missing credentials: each source with its reason, and no secrets.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CredentialSettings } from "../../support/credential_settings.js";
import { ScriptedService, type Answering } from "../../support/scripted_service.js";

let settings: CredentialSettings;
let service: ScriptedService | undefined;

beforeEach(() => {
  settings = new CredentialSettings();
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  settings.remove();
});

async function serve(respond: Answering): Promise<string> {
  service = await ScriptedService.start(respond);
  return service.endpoint;
}

async function serveMetadata(respond: Answering): Promise<void> {
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
  vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", await serve(respond));
}

const nothingSet =
  "no credentials were found: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; " +
  "AWS_WEB_IDENTITY_TOKEN_FILE is not set; " +
  "profile 'default' is not in the shared files or has no credentials; " +
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set; ";

describe("without any source", () => {
  it("the error names each source with its reason", async () => {
    expect(await settings.failure()).toBe(`${nothingSet}EC2 instance metadata is off (AWS_EC2_METADATA_DISABLED)`);
  });

  it("the error names the profile of AWS_PROFILE", async () => {
    vi.stubEnv("AWS_PROFILE", "nobody");
    expect(await settings.failure()).toContain("profile 'nobody' is not in the shared files");
  });

  it("the error names a metadata service that rejects the request", async () => {
    await serveMetadata(() => ({ status: 404, body: "" }));
    const reason = "EC2 instance metadata: responded with status 404";
    expect(await settings.failure()).toBe(nothingSet + reason);
  });

  it("the error names a metadata service that does not respond in time", { timeout: 30_000 }, async () => {
    await serveMetadata(() => "silence");
    expect(await settings.failure()).toBe(`${nothingSet}EC2 instance metadata: did not respond in time`);
  });

  it("the error names a metadata service whose response is not JSON, without the response", async () => {
    await serveMetadata(() => ({ body: "hunter2" }));
    expect(await settings.failure()).toBe(`${nothingSet}EC2 instance metadata: the response lacks AccessKeyId, SecretAccessKey, Token or Expiration`);
  });
});

describe("a container's endpoint", () => {
  it.each(["hunter2", "{}", "null", '["hunter2"]', '{"AccessKeyId":"","SecretAccessKey":"hunter2"}'])(
    "that responds with %s fails with an error that does not show the response",
    async (body) => {
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", await serve(() => ({ body })));
      expect(await settings.failure()).toBe(
        "the container's endpoint: no AccessKeyId and SecretAccessKey in its response",
      );
    },
  );

  it("with a token that is not a valid header fails with an error that does not show the token", async () => {
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", await serve(() => ({ body: "" })));
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\nx: y");
    expect(await settings.failure()).toBe(
      "the container's endpoint: AWS_CONTAINER_AUTHORIZATION_TOKEN does not hold a single-line token",
    );
    expect(service?.requests).toEqual([]);
  });

  it("with an endless response fails", async () => {
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", await serve(() => ({ body: "x".repeat(1e6) })));
    expect(await settings.failure()).toMatch(/ returned an invalid response: the response has more than 65536 bytes; is it the address of the service\?$/);
  });

  it("whose credentials have an invalid expiration time fails", async () => {
    const body = JSON.stringify({ AccessKeyId: "AKID", SecretAccessKey: "s", Token: "t", Expiration: "soon" });
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", await serve(() => ({ body })));
    expect(await settings.failure()).toBe("the fetched credentials have an invalid expiration time");
  });
});
