// Makes a Kinesis client as the plugin does, with dummy credentials and without this machine's settings.
import { vi } from "vitest";
import { CredentialSources } from "../../src/credentials/credentials.js";
import { createKinesisClient } from "../../src/kinesis/api.js";
import { directNetwork } from "../../src/network/network.js";
import { RecordedLog } from "./recorded_log.js";
import { renewalClock } from "./renewal_clock.js";
import { bodiesFor } from "./request_bodies.js";

export type SdkClient = ReturnType<typeof createKinesisClient>;

/** Stubs the environment until vi.unstubAllEnvs. */
export function stubSdkEnvironment(): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
}

/** @param bodies JSON by default */
export function sdkClientOf(endpoint: string, stream: string, bodies = bodiesFor(stream)): SdkClient {
  const roles = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const connection = { region: "us-west-2", stream, endpoint, requestTimeoutMs: 0, ...roles };
  const surroundings = { log: new RecordedLog(), network: directNetwork };
  const credentials = new CredentialSources(renewalClock).open({ ...connection, eksPodExecutionRole: undefined }, surroundings);
  return createKinesisClient(connection, credentials, "1.2.3", bodies, directNetwork);
}
