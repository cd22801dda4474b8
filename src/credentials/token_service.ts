/** Where and how roles are assumed: the Security Token Service of the region, or the option sts_endpoint. */
import type { fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Credentials } from "./renewing_credentials.js";

/** Which service, and with whose settings (FIPS, dual stack, endpoints of the shared files). */
export interface TokenServiceOptions {
  readonly region: string;
  readonly profile: string | undefined;
  readonly stsEndpoint: string | undefined;
}

/** Shown in CloudTrail. 2 to 64 of [\w+=,.@-]: AWS STS API Reference, AssumeRole, RoleSessionName. */
export const roleSessionName = "fluent-bit-kinesis";

type AssumeRole = Parameters<typeof fromTemporaryCredentials>[0]["params"];
type WebToken = Pick<Parameters<typeof fromWebToken>[0], "roleArn" | "roleSessionName" | "webIdentityToken">;
type ClientSettings = NonNullable<Parameters<typeof fromTemporaryCredentials>[0]["clientConfig"]>;

/** Gets credentials of roles. */
export class TokenService {
  readonly #settings: ClientSettings;

  constructor({ region, profile, stsEndpoint }: TokenServiceOptions, requestHandler: NodeHttpHandler) {
    this.#settings = {
      region,
      requestHandler,
      ...(profile === undefined ? {} : { profile }),
      ...(stsEndpoint === undefined ? {} : givenEndpoint(stsEndpoint)),
    };
  }

  /** A provider that calls AssumeRole each time. */
  assumeRole(source: Credentials | (() => Promise<Credentials>), params: AssumeRole): () => Promise<Credentials> {
    const settings = { masterCredentials: source, params, clientConfig: this.#settings };
    // Made once: it keeps its client.
    let made: ReturnType<typeof fromTemporaryCredentials> | undefined;
    const assume = async () => {
      made ??= (await import("./role_providers.js")).fromTemporaryCredentials(settings);
      return made();
    };
    return () => explained(`AssumeRole of ${params.RoleArn}`, assume());
  }

  /** Calls AssumeRoleWithWebIdentity. */
  assumeRoleWithWebToken(params: WebToken): Promise<Credentials> {
    const settings = { ...params, clientConfig: this.#settings };
    const assume = async () => (await import("./role_providers.js")).fromWebToken(settings)();
    return explained(`AssumeRoleWithWebIdentity of ${params.roleArn}`, assume());
  }
}

/** The error keeps its code and status: they tell whether to try again. */
async function explained(action: string, credentials: Promise<Credentials>): Promise<Credentials> {
  try {
    return await credentials;
  } catch (error) {
    if (error instanceof Error) error.message = `${action} failed: ${error.message}`;
    throw error;
  }
}

/** An address that the user gave is taken as it is; the SDK would refuse it beside AWS_USE_FIPS_ENDPOINT and the like. */
export function givenEndpoint(endpoint: string): { endpoint: string; useFipsEndpoint: false; useDualstackEndpoint: false } {
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false };
}
