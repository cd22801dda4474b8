/** Credentials: the chain's, with the roles of EKS_POD_EXECUTION_ROLE and role_arn assumed on top. */
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import type { ConnectionOptions } from "../config.js";
import { credentialChain } from "./credential_chain.js";
import { RenewingCredentials, type RenewalDependencies } from "./renewing_credentials.js";
import { roleSessionName, TokenService } from "./token_service.js";

/** Which roles to assume, in this order, and where. */
export type CredentialOptions = Pick<ConnectionOptions, "region" | "profile" | "roleArn" | "externalId" | "stsEndpoint"> & {
  readonly eksPodExecutionRole: string | undefined;
};

/** The world outside, as far as credentials need it. */
export interface CredentialDependencies extends RenewalDependencies {
  /** For the Security Token Service and single sign-on. */
  readonly requestHandler: NodeHttpHandler;
}

/** Fetches nothing before the first request needs it. */
export function credentialsFor(
  { eksPodExecutionRole, roleArn, externalId, ...options }: CredentialOptions,
  dependencies: CredentialDependencies,
): RenewingCredentials {
  const tokenService = new TokenService(options, dependencies.requestHandler);
  const { profile } = options;
  const { log, requestHandler } = dependencies;
  const chain = credentialChain({ profile, tokenService, requestHandler, environment: process.env, log });
  let credentials = new RenewingCredentials(chain, dependencies);
  const roles = [
    { RoleArn: eksPodExecutionRole },
    { RoleArn: roleArn, ...(externalId === undefined ? {} : { ExternalId: externalId }) },
  ];
  for (const { RoleArn, ...more } of roles) {
    if (RoleArn === undefined) continue;
    const source = credentials;
    const assume = tokenService.assumeRole(source.provide, { RoleArn, ...more, RoleSessionName: roleSessionName });
    credentials = new RenewingCredentials(() => source.watch(assume()), dependencies, source);
  }
  return credentials;
}
