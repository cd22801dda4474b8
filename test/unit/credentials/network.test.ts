// Tests the network to the credentials services: they use the environment's proxies and authorities, as Kinesis does.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CredentialSources } from "../../../src/credentials/credentials.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import { makeCertificate } from "../../support/certificate.js";
import { startSingleSignOn } from "../../support/credential_servers.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { renewalClock } from "../../support/renewal_clock.js";
import { ScriptedProxy } from "../../support/scripted_proxy.js";
import { ScriptedService } from "../../support/scripted_service.js";
import { LocalTokenService } from "../../support/token_service.js";

let settings: CredentialSettings;
const stops: (() => void | Promise<void>)[] = [];

beforeEach(() => {
  settings = new CredentialSettings();
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  settings.remove();
});

/** Fetches credentials through a proxy that connects every request to the service. Returns the key ID and the proxied URLs. */
async function through(service: string, options: { profile?: string; roleArn?: string; stsEndpoint?: string }) {
  const proxy = await ScriptedProxy.start({ target: { port: Number(new URL(service).port) } });
  stops.push(() => proxy.stop());
  const { profile, roleArn, stsEndpoint } = options;
  const all = { region: "us-west-2", profile, roleArn, stsEndpoint, externalId: undefined, eksPodExecutionRole: undefined };
  const network = await readNetworkEnvironment({ HTTP_PROXY: proxy.address });
  const credentials = new CredentialSources(renewalClock).open(all, { log: settings.log, network });
  stops.push(() => credentials.close());
  return { keyId: (await credentials.provide()).accessKeyId, passedOn: proxy.passedOn };
}

it("STS is called through the proxy", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  const tokens = await LocalTokenService.start();
  stops.push(() => tokens.stop());
  const roleArn = "arn:aws:iam::123456789012:role/writer";
  const { keyId, passedOn } = await through(tokens.endpoint, { roleArn, stsEndpoint: "http://sts.example" });
  expect(keyId).toBe("AKIDWRITER");
  expect(passedOn).toEqual(["http://sts.example/"]);
});

it("the portal of single sign-on is called through the proxy", async () => {
  const portal = await startSingleSignOn("AKIDSSO", "sso token");
  stops.push(() => portal.stop());
  vi.stubEnv("AWS_ENDPOINT_URL_SSO", "http://portal.example");
  const start = "https://example.awsapps.com/start";
  settings.write("config", `[profile sso]\nsso_account_id = 123456789012\nsso_role_name = writer\nsso_start_url = ${start}\nsso_region = eu-west-1\n`);
  const cache = path.join(".aws", "sso", "cache");
  mkdirSync(path.join(settings.home, cache), { recursive: true });
  const token = { accessToken: "sso token", expiresAt: "2099-01-01T00:00:00Z", startUrl: start, region: "eu-west-1" };
  settings.write(path.join(cache, `${createHash("sha1").update(start).digest("hex")}.json`), JSON.stringify(token));
  const { keyId, passedOn } = await through(portal.endpoint, { profile: "sso" });
  expect(keyId).toBe("AKIDSSO");
  expect(passedOn).toHaveLength(1);
  expect(passedOn[0]).toMatch(/^http:\/\/portal\.example\/federation\/credentials/);
});

it("a container's https endpoint with a private authority is trusted only through AWS_CA_BUNDLE", async () => {
  const { certificateFile, serverFile } = await makeCertificate(settings.home);
  const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
  const body = JSON.stringify({ AccessKeyId: "AKIDTASK", SecretAccessKey: "s" });
  const container = await ScriptedService.start(() => ({ body }), { tls: server });
  stops.push(() => container.stop());
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.endpoint);
  expect(await settings.failure()).toMatch(/^the container's endpoint: 127\.0\.0\.1:\d+ cannot be reached: self.signed certificate(?:; if the root CA is installed locally.*)?$/);
  settings.network = await readNetworkEnvironment({ AWS_CA_BUNDLE: certificateFile });
  expect(await settings.keyId()).toBe("AKIDTASK");
});
