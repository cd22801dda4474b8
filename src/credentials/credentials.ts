/** Credentials: the chain's, with the roles of EKS_POD_EXECUTION_ROLE and role_arn assumed on top. */
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import type { ConnectionOptions } from "../config.js";
import { credentialChain } from "./credential_chain.js";
import type { CredentialFetch } from "./credential_fetch.js";
import { RenewingCredentials, type RenewalDependencies } from "./renewing_credentials.js";
import { roleSessionName, TokenService } from "./token_service.js";

/** Which roles to assume, in this order, and where. */
export type CredentialOptions = Pick<ConnectionOptions, "region" | "profile" | "roleArn" | "externalId" | "stsEndpoint"> & {
  readonly eksPodExecutionRole: string | undefined;
};

/** The world outside, as far as credentials need it. */
export interface CredentialDependencies extends Pick<RenewalDependencies, "log" | "now"> {
  /** For the Security Token Service and single sign-on. Is destroyed when the credentials are closed. */
  readonly requestHandler: NodeHttpHandler;
}

/** Fetches nothing before the first request needs it. */
export function credentialsFor(
  { eksPodExecutionRole, roleArn, externalId, ...options }: CredentialOptions,
  dependencies: CredentialDependencies,
): RenewingCredentials {
  const tokenService = new TokenService(options, dependencies.requestHandler);
  const { profile } = options;
  const { log, now, requestHandler } = dependencies;
  const chain = credentialChain({ profile, tokenService, requestHandler, environment: process.env, log });
  let credentials = new RenewingCredentials(chain, { log, now, release: () => requestHandler.destroy() });
  const roles = [
    { RoleArn: eksPodExecutionRole },
    { RoleArn: roleArn, ...(externalId === undefined ? {} : { ExternalId: externalId }) },
  ];
  for (const { RoleArn, ...more } of roles) {
    if (RoleArn === undefined) continue;
    const source = credentials;
    const params = { RoleArn, ...more, RoleSessionName: roleSessionName };
    const assume = async (fetch: CredentialFetch) => {
      fetch.asks(() => source.awaited);
      const keys = await source.provide();
      return source.watch(tokenService.assumeRole(keys, params, fetch));
    };
    credentials = new RenewingCredentials(assume, { log, now }, source);
  }
  return credentials;
}
