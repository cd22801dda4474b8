/** Fetches the credentials of an EC2 instance's role over IMDSv2, or IMDSv1 where IMDSv2 is missing (EC2 User Guide, Use IMDSv2). */
import { loadConfig } from "@smithy/core/config";
import type { Log } from "../telemetry/log.js";
import type { HttpResponse } from "../network/exchange.js";
import { callEndpoint, stringFields } from "./local_endpoint.js";
import { CredentialsProviderError, type Credentials } from "./renewing_credentials.js";

const rolesPath = "/latest/meta-data/iam/security-credentials/";
const tokenPath = "/latest/api/token";
const tokenHeader = "x-aws-ec2-metadata-token";
/** Time limit of each attempt of a call. */
const timeoutMs = 1000;
/** Maximum attempts of each read. */
const attempts = 3;
/** Variable with the endpoint's address. */
const setting = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
/** Time for which expired credentials are used. In an outage EC2 returns them, and the services accept them (SDKs Reference Guide, IMDS). */
const extensionMs = { min: 5 * 60_000, spread: 5 * 60_000 };

/** Dependencies of a fetch from the endpoint. */
export interface InstanceDependencies {
  readonly log: Log;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
  /** Ends the fetch. */
  readonly signal: AbortSignal;
}

/** Returns the credentials of the instance's role. @throws CredentialsProviderError with no part of a response but its status */
export async function fetchInstanceCredentials(dependencies: InstanceDependencies): Promise<Credentials> {
  const { signal } = dependencies;
  const address = await metadataAddress();
  const token = await fetchToken(address, signal);
  if (token === undefined && (await isImdsV1Off())) throw failure("returns no token, and IMDSv1 is off (AWS_EC2_METADATA_V1_DISABLED, ec2_metadata_v1_disabled)");
  const headers: Record<string, string> = token === undefined ? {} : { [tokenHeader]: token };
  const role = (await read(new URL(rolesPath, address), headers, signal)).trim();
  if (!/^[\w+=,.@/-]{1,200}$/u.test(role)) throw failure("the response is not a role name");
  return readCredentials(await read(new URL(`${rolesPath}${role}`, address), headers, signal), dependencies);
}

/** Returns undefined when the endpoint has no tokens or does not respond, as through a hop limit of 1. */
async function fetchToken(address: URL, signal: AbortSignal): Promise<string | undefined> {
  const headers = { "x-aws-ec2-metadata-token-ttl-seconds": "21600" };
  const response = await callEndpoint(new URL(tokenPath, address), { method: "PUT", headers, timeoutMs, setting, signal }).catch(() => undefined);
  if (response?.statusCode === 400) throw statusFailure(response);
  const token = response?.statusCode === 200 ? response.body.toString().trim() : "";
  return /^[\x21-\x7e]{1,4096}$/u.test(token) ? token : undefined;
}

async function read(address: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await callEndpoint(address, { method: "GET", headers, timeoutMs, setting, signal });
      if (response.statusCode !== 200) throw statusFailure(response);
      return response.body.toString();
    } catch (error) {
      const isFinal = error instanceof CredentialsProviderError && /status (?:401|403|404|429)$/u.test(error.message);
      if (!isFinal && attempt < attempts && !signal.aborted) continue;
      throw error instanceof CredentialsProviderError ? error : failure((error as Error).message);
    }
  }
}

function readCredentials(body: string, { log, now, random }: InstanceDependencies): Credentials {
  const field = stringFields(body);
  const [accessKeyId, secretAccessKey, sessionToken] = [field("AccessKeyId"), field("SecretAccessKey"), field("Token")];
  const expiresAt = Date.parse(field("Expiration") ?? "");
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined || Number.isNaN(expiresAt)) {
    throw failure("the response lacks AccessKeyId, SecretAccessKey, Token or Expiration");
  }
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  if (expiresAt > now()) return { ...credentials, expiration: new Date(expiresAt) };
  const expiration = new Date(now() + extensionMs.min + random() * extensionMs.spread);
  log.warning(`EC2 instance metadata returned credentials that expired at ${new Date(expiresAt).toISOString()}. They are used until ${expiration.toISOString()}, when new ones are fetched`);
  return { ...credentials, expiration };
}

async function metadataAddress(): Promise<URL> {
  const given = await settingOf(setting, "ec2_metadata_service_endpoint");
  const mode = (await settingOf("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")) ?? "IPv4";
  if (!/^ipv[46]$/iu.test(mode)) throw failure("cannot be called: AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be IPv4 or IPv6");
  const text = given ?? (mode.toLowerCase() === "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
  try {
    const address = new URL(text);
    if (address.protocol === "http:" || address.protocol === "https:") return address;
  } catch {
    // Not a URL: rejected below.
  }
  throw failure("cannot be called: AWS_EC2_METADATA_SERVICE_ENDPOINT must be a URL such as http://169.254.169.254");
}

async function isImdsV1Off(): Promise<boolean> {
  const value = await settingOf("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled");
  return value !== undefined && value !== "false";
}

/** Returns a setting from the environment, else from the profile in the configuration file; undefined when unset. */
async function settingOf(variable: string, key: string): Promise<string | undefined> {
  const text = (value: string | undefined) => (value === "" ? undefined : value);
  const load = loadConfig<string | undefined>({
    environmentVariableSelector: (environment) => text(environment[variable]),
    configFileSelector: (profile) => text(profile[key]),
    default: undefined,
  });
  return load();
}

/** Returns an error with the headers where the SDK's errors have them, for Retry-After. */
function statusFailure({ statusCode, headers }: HttpResponse): CredentialsProviderError {
  return Object.assign(failure(`responded with status ${statusCode}`), { $response: { headers } });
}

function failure(reason: string): CredentialsProviderError {
  return new CredentialsProviderError(reason);
}
