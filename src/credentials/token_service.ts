/** Where and how roles are assumed: the Security Token Service of the region, or the option sts_endpoint. */
import type { fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";
import { endedBy, type HandlerMethods } from "../network/ended_handler.js";
import { isUnreadable, messageIn, unreadableError } from "../network/unreadable_response.js";
import { secrets } from "../telemetry/secrets.js";
import type { CredentialFetch } from "./credential_fetch.js";
import type { Credentials } from "./renewing_credentials.js";

/** Which service, and with whose settings (FIPS, dual stack, endpoints of the shared files). */
export interface TokenServiceOptions {
  readonly region: string;
  readonly profile: string | undefined;
  readonly stsEndpoint: string | undefined;
}

/** Shown in CloudTrail. 2 to 64 of [\w+=,.@-]: AWS STS API Reference, AssumeRole, RoleSessionName. */
export const roleSessionName = "fluent-bit-kinesis";

/** That lead to the service. */
const addressSettings = "the option sts_endpoint, AWS_ENDPOINT_URL_STS and the proxy";

type AssumeRole = Parameters<typeof fromTemporaryCredentials>[0]["params"];
type WebToken = Pick<Parameters<typeof fromWebToken>[0], "roleArn" | "roleSessionName" | "webIdentityToken">;
type ClientSettings = NonNullable<Parameters<typeof fromTemporaryCredentials>[0]["clientConfig"]>;

/** Gets credentials of roles. */
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

  /** Calls AssumeRole. @param keys sign the request */
  assumeRole(keys: Credentials, params: AssumeRole, fetch: CredentialFetch): Promise<Credentials> {
    secrets.keep(params.ExternalId);
    secrets.note(keys.secretAccessKey);
    secrets.note(keys.sessionToken);
    const options = { masterCredentials: keys, params, clientConfig: this.#settingsFor(fetch) };
    return asked(`AssumeRole of ${params.RoleArn}`, fetch, async () =>
      (await import("./role_providers.js")).fromTemporaryCredentials(options)());
  }

  /** Calls AssumeRoleWithWebIdentity. */
  assumeRoleWithWebToken(params: WebToken, fetch: CredentialFetch): Promise<Credentials> {
    secrets.note(params.webIdentityToken);
    const options = { ...params, clientConfig: this.#settingsFor(fetch) };
    return asked(`AssumeRoleWithWebIdentity of ${params.roleArn}`, fetch, async () =>
      (await import("./role_providers.js")).fromWebToken(options)());
  }

  #settingsFor({ signal }: CredentialFetch): ClientSettings {
    return { ...this.#settings, maxAttempts: 1, requestHandler: endedBy(signal, this.#requestHandler, addressSettings) };
  }
}

/** The error keeps its code and status: they tell whether to try again. */
async function asked(action: string, fetch: CredentialFetch, ask: () => Promise<Credentials>): Promise<Credentials> {
  fetch.asks(action);
  try {
    return await ask();
  } catch (error) {
    const told = isUnreadable(error) ? unreadableError(error, addressSettings) : error;
    if (told instanceof Error) told.message = `${action} failed: ${messageIn(told)}`;
    throw told;
  }
}

/** An address that the user gave is taken as it is; the SDK would refuse it beside AWS_USE_FIPS_ENDPOINT and the like. */
export function givenEndpoint(endpoint: string): { endpoint: string; useFipsEndpoint: false; useDualstackEndpoint: false } {
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false };
}
