/** Assumes roles at the Security Token Service (STS) of the region, or of the option sts_endpoint. */
import type { fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";
import { endedBy, type HandlerMethods } from "../network/ended_handler.js";
import { isUnreadable, messageIn, unreadableError } from "../network/unreadable_response.js";
import { secrets } from "../telemetry/secrets.js";
import type { CredentialFetch } from "./credential_fetch.js";
import type { Credentials } from "./renewing_credentials.js";

/** Address of the service, and the profile with its settings (FIPS, dual stack, endpoints of the shared files). */
export interface TokenServiceOptions {
  readonly region: string;
  readonly profile: string | undefined;
  readonly stsEndpoint: string | undefined;
}

/** Default session name, shown in CloudTrail. 2 to 64 of [\w+=,.@-]: AWS STS API Reference, AssumeRole, RoleSessionName. */
export const roleSessionName = "fluent-bit-kinesis";

/** Settings with the service's address, for messages. */
const addressSettings = "the option sts_endpoint, AWS_ENDPOINT_URL_STS and the proxy";

type AssumeRole = Parameters<typeof fromTemporaryCredentials>[0]["params"];
type WebToken = Pick<Parameters<typeof fromWebToken>[0], "roleArn" | "roleSessionName" | "webIdentityToken">;
type ClientSettings = NonNullable<Parameters<typeof fromTemporaryCredentials>[0]["clientConfig"]>;

/** A client of STS. */
export class TokenService {
  readonly #settings: ClientSettings;
  readonly #requestHandler: HandlerMethods;

  constructor({ region, profile, stsEndpoint }: TokenServiceOptions, requestHandler: HandlerMethods) {
    this.#settings = {
      region,
      ...(profile === undefined ? {} : { profile }),
      ...(stsEndpoint === undefined ? {} : givenEndpoint(stsEndpoint)),
    };
    this.#requestHandler = requestHandler;
  }

  /** Calls AssumeRole. @param keys credentials that sign the request */
  assumeRole(keys: Credentials, params: AssumeRole, fetch: CredentialFetch): Promise<Credentials> {
    secrets.keep(params.ExternalId);
    secrets.note(keys.secretAccessKey);
    secrets.note(keys.sessionToken);
    const options = { masterCredentials: keys, params, clientConfig: this.#settingsFor(fetch) };
    return named(`AssumeRole of ${params.RoleArn}`, fetch, async () =>
      (await import("./role_providers.js")).fromTemporaryCredentials(options)());
  }

  /** Calls AssumeRoleWithWebIdentity. */
  assumeRoleWithWebToken(params: WebToken, fetch: CredentialFetch): Promise<Credentials> {
    secrets.note(params.webIdentityToken);
    const options = { ...params, clientConfig: this.#settingsFor(fetch) };
    return named(`AssumeRoleWithWebIdentity of ${params.roleArn}`, fetch, async () =>
      (await import("./role_providers.js")).fromWebToken(options)());
  }

  #settingsFor({ signal }: CredentialFetch): ClientSettings {
    return { ...this.#settings, maxAttempts: 1, requestHandler: endedBy(signal, this.#requestHandler, addressSettings) };
  }
}

/** Runs an action, and names it in its error. The error keeps its code and status, which decide whether a retry makes sense. */
async function named(action: string, fetch: CredentialFetch, run: () => Promise<Credentials>): Promise<Credentials> {
  fetch.waitsFor(action);
  try {
    return await run();
  } catch (error) {
    const failure = isUnreadable(error) ? unreadableError(error, addressSettings) : error;
    if (failure instanceof Error) failure.message = `${action} failed: ${messageIn(failure)}`;
    throw failure;
  }
}

/** Returns the SDK's settings for the user's own endpoint. The SDK would reject it together with AWS_USE_FIPS_ENDPOINT and the like. */
export function givenEndpoint(endpoint: string): { endpoint: string; useFipsEndpoint: false; useDualstackEndpoint: false } {
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false };
}
