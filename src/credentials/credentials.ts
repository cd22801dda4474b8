/** Credentials: the chain's, with the roles of EKS_POD_EXECUTION_ROLE and role_arn assumed on top; shared by all outputs of the same. */
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

/** The options of an output that say whose credentials it uses. */
export interface CredentialSettings {
  readonly region: string;
  /** Of the shared configuration files; undefined for the default chain of credentials. */
  readonly profile: string | undefined;
  readonly roleArn: string | undefined;
  /** Given when role_arn is assumed. */
  readonly externalId: string | undefined;
  /** Of role_arn; undefined for the default. */
  readonly roleSessionName?: string | undefined;
  /** For which the credentials of role_arn are good; undefined for the service's default. */
  readonly roleDurationSeconds?: number | undefined;
  readonly stsEndpoint: string | undefined;
}

/** Source: IAM User Guide, "Roles terms and concepts", role chaining: at most one hour. */
const maxChainedSeconds = 3600;

/** The settings, and the role that is assumed before role_arn. */
export type CredentialOptions = CredentialSettings & { readonly eksPodExecutionRole: string | undefined };

interface Role {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly ExternalId?: string;
  readonly DurationSeconds?: number;
}

/** The way to the sources of credentials, and where an output's are told of. */
export interface CredentialSurroundings {
  readonly network: NetworkEnvironment;
  readonly log: Log;
}

/**
 * Gives outputs their credentials, of one fetch for all with the same options and network. The environment is the process's
 * own, and so the same for all.
 */
export class CredentialSources {
  readonly #time: BackOffDependencies;
  readonly #shared = new SharedCredentials();

  /** @param time clocks and chance */
  constructor(time: BackOffDependencies) {
    this.#time = time;
    boundSharedFiles();
  }

  /** Fetches nothing before the first request needs it. What it returns must be closed. */
  open(options: CredentialOptions, { network, log }: CredentialSurroundings): CredentialProvider {
    secrets.keep(options.externalId);
    void warnOfSharedFiles(log);
    return this.#withRoles(rolesOf(options, log), options, { network, log });
  }

  /** The last role is assumed with the credentials of those before, which may be shared with other outputs too. */
  #withRoles(roles: readonly Role[], options: CredentialOptions, { network, log }: CredentialSurroundings): CredentialProvider {
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
        fetch.asks(() => source.awaited);
        const keys = await source.provide();
        return watched(tokenService.assumeRole(keys, role, fetch).catch((error: unknown) => adviseOnDuration(error, role)), source);
      };
      return new RenewingCredentials(assume, dependencies, source);
    });
  }
}

/** The role of the pod, and that of the options with what they say of it. */
function rolesOf({ eksPodExecutionRole, roleArn, externalId, roleSessionName = defaultRoleSessionName, roleDurationSeconds }: CredentialOptions, log: Log): Role[] {
  const roles: Role[] = [];
  if (eksPodExecutionRole !== undefined) roles.push({ RoleArn: eksPodExecutionRole, RoleSessionName: defaultRoleSessionName });
  if (roleArn === undefined) return roles;
  let seconds = roleDurationSeconds;
  if (roles.length > 0 && seconds !== undefined && seconds > maxChainedSeconds) {
    log.warning(`'role_duration' is ${seconds}, but AWS allows ${maxChainedSeconds} for a role that another one assumes, that of EKS_POD_EXECUTION_ROLE: it is ${maxChainedSeconds}`);
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

/** Names the option where the service finds its value too long: for this role, or for one that another role assumes. */
function adviseOnDuration(error: unknown, { DurationSeconds: seconds }: Role): never {
  if (seconds !== undefined && error instanceof Error && error.message.includes("DurationSeconds")) {
    error.message = `${error.message.replace(/\.$/u, "")}; lower 'role_duration' (${seconds})`;
  }
  throw error;
}

/** The SDK's clients look into these files for their settings too, and take one that cannot be read for empty. */
async function warnOfSharedFiles(log: Log): Promise<void> {
  const faults = await sharedFileFaults(process.env).catch(() => []);
  for (const { text, isMissing } of faults) if (!isMissing) log.warning(`${text}. Nothing of it is used`);
}
