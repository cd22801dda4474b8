/** Opens an output's credentials: the chain, then the roles of EKS_POD_EXECUTION_ROLE and role_arn. Outputs with equal options share them. */
import { createHttpHandler } from "../network/http_handler.js";
import type { NetworkEnvironment } from "../network/network.js";
import type { Log } from "../telemetry/log.js";
import type { BackOffDependencies } from "./back_off.js";
import { credentialChain } from "./credential_chain.js";
import type { CredentialFetch } from "./credential_fetch.js";
import { maxCredentialBytes } from "./local_endpoint.js";
import { RenewingCredentials, watched, type CredentialProvider } from "./renewing_credentials.js";
import { secrets } from "../telemetry/secrets.js";
import { boundSharedFiles, sharedFileFaults } from "./shared_files.js";
import { SharedCredentials } from "./shared_credentials.js";
import { roleSessionName as defaultRoleSessionName, TokenService } from "./token_service.js";

/** Options of an output that select its credentials. */
export interface CredentialSettings {
  readonly region: string;
  /** Profile of the shared files; undefined for the default chain. */
  readonly profile: string | undefined;
  readonly roleArn: string | undefined;
  /** External ID of the AssumeRole request for role_arn. */
  readonly externalId: string | undefined;
  /** Session name of role_arn; undefined for the default. */
  readonly roleSessionName?: string | undefined;
  /** Lifetime of the credentials of role_arn; undefined for the default of AWS. */
  readonly roleDurationSeconds?: number | undefined;
  readonly stsEndpoint: string | undefined;
}

/** Maximum lifetime of a chained role, one hour. Source: IAM User Guide, "Roles terms and concepts", role chaining. */
const maxChainedSeconds = 3600;

/** Settings, and the role that is assumed before role_arn. */
export type CredentialOptions = CredentialSettings & { readonly eksPodExecutionRole: string | undefined };

interface Role {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly ExternalId?: string;
  readonly DurationSeconds?: number;
}

/** Network over which sources are called, and the output's log. */
export interface CredentialDependencies {
  readonly network: NetworkEnvironment;
  readonly log: Log;
}

/**
 * Opens credentials for outputs. Outputs with the same options and network share one fetch; the environment is the process's
 * own, and so the same for all.
 */
export class CredentialSources {
  readonly #time: BackOffDependencies;
  readonly #shared = new SharedCredentials();

  /** @param time clocks and randomness */
  constructor(time: BackOffDependencies) {
    this.#time = time;
    boundSharedFiles();
  }

  /** Returns credentials, which the caller must close. Fetches only when the first request needs them. */
  open(options: CredentialOptions, { network, log }: CredentialDependencies): CredentialProvider {
    secrets.keep(options.externalId);
    void warnOfSharedFiles(log);
    return this.#withRoles(rolesOf(options, log), options, { network, log });
  }

  /** Assumes the last role with the credentials of the roles before it, which other outputs may share too. */
  #withRoles(roles: readonly Role[], options: CredentialOptions, { network, log }: CredentialDependencies): CredentialProvider {
    const { region, profile, stsEndpoint } = options;
    const key = JSON.stringify([network.identity, region, profile ?? null, stsEndpoint ?? null, roles]);
    return this.#shared.join(key, log, (sharedLog) => {
      const requestHandler = createHttpHandler(network, maxCredentialBytes);
      const tokenService = new TokenService(options, requestHandler);
      const dependencies = { ...this.#time, log: sharedLog, release: () => requestHandler.destroy() };
      const role = roles.at(-1);
      if (role === undefined) {
        const { trust } = network;
        const chain = credentialChain({ profile, tokenService, requestHandler, trust, environment: process.env, ...dependencies });
        return new RenewingCredentials(chain, dependencies);
      }
      const source = this.#withRoles(roles.slice(0, -1), options, { network, log: sharedLog });
      const assume = async (fetch: CredentialFetch) => {
        fetch.waitsFor(() => source.awaited);
        const keys = await source.provide();
        return watched(tokenService.assumeRole(keys, role, fetch).catch((error: unknown) => adviseOnDuration(error, role)), source);
      };
      return new RenewingCredentials(assume, dependencies, source);
    });
  }
}

/** Returns the roles to assume, in order: that of EKS_POD_EXECUTION_ROLE, then role_arn with its options. */
function rolesOf({ eksPodExecutionRole, roleArn, externalId, roleSessionName = defaultRoleSessionName, roleDurationSeconds }: CredentialOptions, log: Log): Role[] {
  const roles: Role[] = [];
  if (eksPodExecutionRole !== undefined) roles.push({ RoleArn: eksPodExecutionRole, RoleSessionName: defaultRoleSessionName });
  if (roleArn === undefined) return roles;
  let seconds = roleDurationSeconds;
  if (roles.length > 0 && seconds !== undefined && seconds > maxChainedSeconds) {
    log.warning(`'role_duration' is ${seconds}, but AWS allows at most ${maxChainedSeconds} for a role that is assumed with another role (EKS_POD_EXECUTION_ROLE); ${maxChainedSeconds} is used`);
    seconds = maxChainedSeconds;
  }
  roles.push({
    RoleArn: roleArn,
    RoleSessionName: roleSessionName,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    ...(seconds === undefined ? {} : { DurationSeconds: seconds }),
  });
  return roles;
}

/** Adds the option to the error when the service rejects its value: too long for this role, or for a chained role. */
function adviseOnDuration(error: unknown, { DurationSeconds: seconds }: Role): never {
  if (seconds !== undefined && error instanceof Error && error.message.includes("DurationSeconds")) {
    error.message = `${error.message.replace(/\.$/u, "")}; lower 'role_duration' (${seconds})`;
  }
  throw error;
}

/** Warns of unreadable shared files. The SDK's clients read their settings from them too, and treat an unreadable file as empty. */
async function warnOfSharedFiles(log: Log): Promise<void> {
  const faults = await sharedFileFaults(process.env).catch(() => []);
  for (const { text, isMissing } of faults) if (!isMissing) log.warning(`${text}. The file is ignored`);
}
