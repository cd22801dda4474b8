/** Fetches the credentials of a profile in the shared files (AWS SDKs and Tools Reference Guide, Shared config and credentials files). */
import { parseKnownFiles } from "@smithy/core/config";
import { processTimeoutMs, runCredentialProcess } from "./credential_process.js";
import type { CredentialFetch } from "./credential_fetch.js";
import { CredentialsProviderError, type Credentials } from "./renewing_credentials.js";
import { withSessionToken } from "./session_token.js";
import { readTokenFile } from "./token_file.js";
import { roleSessionName, type TokenService } from "./token_service.js";
import { endedBy, type HandlerMethods } from "../network/ended_handler.js";
import { unreadableResponse } from "../network/unreadable_response.js";

type Profiles = Awaited<ReturnType<typeof parseKnownFiles>>;
type Profile = Profiles[string];

/** Services and sources that a profile may refer to. */
export interface ProfileServices {
  readonly tokenService: TokenService;
  /** For single sign-on. */
  readonly requestHandler: HandlerMethods;
  /** Returns the provider of a credential_source: Environment, EcsContainer or Ec2InstanceMetadata; undefined for another name. */
  readonly namedSource: (name: string) => (() => Promise<Credentials>) | undefined;
  readonly fetch: CredentialFetch;
}

/** Returns the credentials of a profile; undefined when the profile is missing or has none. Reads the files on each call. */
export async function fetchProfileCredentials(name: string, services: ProfileServices): Promise<Credentials | undefined> {
  const profiles = await parseKnownFiles({ ignoreCache: true });
  return credentialsOf(name, profiles, services, new Set());
}

/** Tries a profile's settings in the order of the SDK's fromIni. @param visited the source profiles so far, this one included */
async function credentialsOf(
  name: string,
  profiles: Profiles,
  services: ProfileServices,
  visited: ReadonlySet<string>,
): Promise<Credentials | undefined> {
  const profile = profiles[name];
  if (profile === undefined) return undefined;
  const isSource = visited.size > 0;
  if (isSource && hasKeys(profile)) return keysOf(profile);
  if (profile["role_arn"] !== undefined || (isSource && profile["credential_source"] !== undefined)) {
    const source = await sourceOf(name, profile, profiles, services, visited);
    if (source !== undefined) return profile["role_arn"] === undefined ? source : assumeRole(name, profile, profile["role_arn"], source, services);
  }
  if (hasKeys(profile)) return keysOf(profile);
  const { credential_process: command, web_identity_token_file: tokenFile, role_arn: roleArn } = profile;
  // Read here: the SDK would block Node's thread while it reads the token, and accept any kind of file.
  if (tokenFile !== undefined && roleArn !== undefined) {
    const webIdentityToken = await readTokenFile(`web_identity_token_file of profile '${name}'`, tokenFile);
    const token = { webIdentityToken, roleArn, roleSessionName: profile["role_session_name"] ?? roleSessionName };
    return services.tokenService.assumeRoleWithWebToken(token, services.fetch);
  }
  if (command !== undefined) {
    services.fetch.waitsFor(`the credential_process of profile '${name}'`);
    return runCredentialProcess(command, { profile: name, timeoutMs: processTimeoutMs, signal: services.fetch.closing });
  }
  return withSessionToken(name, profile, () => fromSdk(name, services));
}

/** Returns the credentials with which to assume a profile's role; undefined when the profile names no source. */
async function sourceOf(
  name: string,
  { source_profile: sourceProfile, credential_source: credentialSource }: Profile,
  profiles: Profiles,
  services: ProfileServices,
  visited: ReadonlySet<string>,
): Promise<Credentials | undefined> {
  if (sourceProfile !== undefined && credentialSource !== undefined) {
    throw new CredentialsProviderError(`profile '${name}' has both source_profile and credential_source; remove one`);
  }
  if (sourceProfile !== undefined) {
    // A profile may be its own source, if it has keys.
    if (visited.has(sourceProfile)) {
      throw new CredentialsProviderError(`profile '${name}' leads back to itself by source_profile: ${[...visited, sourceProfile].join(", ")}`);
    }
    const found = await credentialsOf(sourceProfile, profiles, services, new Set([...visited, sourceProfile]));
    if (found !== undefined) return found;
    throw new CredentialsProviderError(`source_profile '${sourceProfile}' of profile '${name}' is not in the shared files or has no credentials`);
  }
  if (credentialSource === undefined) return undefined;
  const provide = services.namedSource(credentialSource);
  if (provide !== undefined) return provide();
  throw new CredentialsProviderError(
    `profile '${name}' has credential_source ${credentialSource}, must be Environment, EcsContainer or Ec2InstanceMetadata`,
  );
}

function assumeRole(
  name: string,
  profile: Profile,
  roleArn: string,
  keys: Credentials,
  { tokenService, fetch }: ProfileServices,
): Promise<Credentials> {
  if (profile["mfa_serial"] !== undefined) {
    throw new CredentialsProviderError(`profile '${name}' requires multi-factor authentication (mfa_serial), which the plugin does not support`);
  }
  const seconds = Number(profile["duration_seconds"] ?? "3600");
  if (!Number.isInteger(seconds)) throw new CredentialsProviderError(`profile '${name}' has a duration_seconds that is not a whole number`);
  const externalId = profile["external_id"];
  const params = {
    RoleArn: roleArn,
    RoleSessionName: profile["role_session_name"] ?? roleSessionName,
    DurationSeconds: seconds,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
  };
  return tokenService.assumeRole(keys, params, fetch);
}

function hasKeys(profile: Profile): boolean {
  return profile["aws_access_key_id"] !== undefined && profile["aws_secret_access_key"] !== undefined;
}

function keysOf(profile: Profile): Credentials {
  const sessionToken = profile["aws_session_token"];
  return {
    accessKeyId: profile["aws_access_key_id"] ?? "",
    secretAccessKey: profile["aws_secret_access_key"] ?? "",
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

/** Returns the credentials of single sign-on or a login, by the SDK; undefined when the profile has neither. */
async function fromSdk(profile: string, { requestHandler, fetch }: ProfileServices): Promise<Credentials | undefined> {
  const { fromIni } = await import("./profile_provider.js");
  const clientConfig = { requestHandler: endedBy(fetch.signal, requestHandler, ssoSettings), maxAttempts: 1 };
  try {
    return await fromIni({ profile, clientConfig, ignoreCache: true })();
  } catch (error) {
    // Only this message identifies the SDK's error for a profile without credentials.
    if (error instanceof Error && error.message.startsWith(`Could not resolve credentials using profile: [${profile}]`)) return undefined;
    // The message quotes a response that the SDK could not parse.
    if (error instanceof Error && error.message.includes("Deserialization error")) {
      throw new CredentialsProviderError(`${unreadableResponse}; check ${ssoSettings}`);
    }
    throw error;
  }
}

/** Settings with the address of the single sign-on service, for messages. */
const ssoSettings = "sso_region of the profile, AWS_ENDPOINT_URL_SSO and the proxy";
