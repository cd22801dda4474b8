/** Finds credentials along the default chain, in the order of the AWS SDK for Go v1 (aws/session/credentials.go). */
import type { SecureContext } from "node:tls";
import type { HandlerMethods } from "../network/ended_handler.js";
import { containerAddress, fetchContainerCredentials } from "./container_credentials.js";
import type { CredentialFetch } from "./credential_fetch.js";
import { environmentKeys, isMetadataOff, profileName } from "./credential_source.js";
import { CredentialsProviderError, CredentialsTimeout, type Credentials } from "./renewing_credentials.js";
import { sharedFileFaults } from "./shared_files.js";
import { readTokenFile } from "./token_file.js";
import { roleSessionName, type TokenService } from "./token_service.js";
import type { Log } from "../telemetry/log.js";
import type { Environment } from "../network/environment.js";

/** Sources of the chain, and their dependencies. */
export interface ChainOptions {
  /** The only source when set: neither the environment nor the machine's role replaces a failing profile. */
  readonly profile: string | undefined;
  /** For the roles of profiles and of web identity tokens. */
  readonly tokenService: TokenService;
  /** For the other service that profiles call: single sign-on. */
  readonly requestHandler: HandlerMethods;
  /** Authorities of AWS_CA_BUNDLE for a container's https endpoint; undefined for those that Node trusts. */
  readonly trust: SecureContext | undefined;
  readonly environment: Environment;
  readonly log: Log;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
}

/** Credentials, or the reason why the source is not set up. A source that is set up but fails throws. */
type Found = Credentials | string;

type Source = (options: ChainOptions, fetch: CredentialFetch) => Promise<Found> | Found;

/**
 * Returns a function that tries the sources in order. It rejects with the error of a source that is set up but fails, and
 * with the reasons of all sources when none is set up.
 */
export function credentialChain(options: ChainOptions): (fetch: CredentialFetch) => Promise<Credentials> {
  const { environment, profile, log } = options;
  const sources: readonly [name: string, source: Source][] = [
    ["the environment", () => fromEnvironment(environment)],
    ["the web identity token", fromWebIdentity],
    ["the shared files", (all, fetch) => fromProfile(profileName(environment), all, fetch)],
    ["the container's endpoint", fromContainer],
    ["EC2 instance metadata", fromInstance],
  ];
  let loggedName = "";
  return async (fetch) => {
    if (profile !== undefined) {
      const found = await explained("profile", fromProfile(profile, options, fetch));
      if (typeof found !== "string") return found;
      throw new CredentialsProviderError(`option profile: ${found}`);
    }
    const reasons: string[] = [];
    let response = {};
    for (const [name, source] of sources) {
      fetch.waitsFor(name);
      const found = await explained(name, source(options, fetch)).catch((error: unknown) => {
        // Machines outside EC2 lack this service: its failure is only one of the reasons.
        if (source !== fromInstance) throw error;
        response = responseOf(error);
        return (error as Error).message;
      });
      if (typeof found !== "string") {
        if (name !== loggedName) log.info(`Credentials come from ${name}`);
        loggedName = name;
        return found;
      }
      reasons.push(found);
    }
    throw Object.assign(new CredentialsProviderError(`no credentials were found: ${reasons.join("; ")}`), response);
  };
}

function fromEnvironment(environment: Environment): Found {
  return environmentKeys(environment) ?? "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set";
}

async function fromWebIdentity({ environment, tokenService }: ChainOptions, fetch: CredentialFetch): Promise<Found> {
  const file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] ?? "";
  if (file === "") return "AWS_WEB_IDENTITY_TOKEN_FILE is not set";
  const roleArn = environment["AWS_ROLE_ARN"] ?? "";
  if (roleArn === "") throw new CredentialsProviderError("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  // Read on each fetch: the file is replaced over time.
  const webIdentityToken = await readTokenFile("AWS_WEB_IDENTITY_TOKEN_FILE", file);
  const named = environment["AWS_ROLE_SESSION_NAME"] ?? "";
  const token = { webIdentityToken, roleArn, roleSessionName: named === "" ? roleSessionName : named };
  return tokenService.assumeRoleWithWebToken(token, fetch);
}

async function fromProfile(profile: string, options: ChainOptions, fetch: CredentialFetch): Promise<Found> {
  fetch.waitsFor(`profile '${profile}'`);
  const { fetchProfileCredentials } = await import("./shared_profile.js");
  const { tokenService, requestHandler } = options;
  const named = new Map<string, Source>([
    ["Environment", ({ environment }) => fromEnvironment(environment)],
    ["EcsContainer", fromContainer],
    ["Ec2InstanceMetadata", fromInstance],
  ]);
  const namedSource = (name: string) => {
    const source = named.get(name);
    return source === undefined ? undefined : () => requireCredentials(explained(name, source(options, fetch)));
  };
  const found = await fetchProfileCredentials(profile, { tokenService, requestHandler, namedSource, fetch });
  if (found !== undefined) return found;
  const faults = (await sharedFileFaults(options.environment)).map(({ text }) => ` (${text})`).join("");
  return `profile '${profile}' is not in the shared files or has no credentials${faults}`;
}

/** Rejects when the source, which a profile names, has no credentials. */
async function requireCredentials(finding: Promise<Found> | Found): Promise<Credentials> {
  const found = await finding;
  if (typeof found === "string") throw new CredentialsProviderError(found);
  return found;
}

async function fromContainer({ environment, trust }: ChainOptions, fetch: CredentialFetch): Promise<Found> {
  const address = containerAddress(environment);
  if (address === undefined) return "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set";
  fetch.waitsFor(`the container's endpoint (${address.host})`);
  return fetchContainerCredentials(address, { environment, trust, signal: fetch.signal });
}

async function fromInstance({ environment, log, now, random }: ChainOptions, fetch: CredentialFetch): Promise<Found> {
  if (isMetadataOff(environment)) return "EC2 instance metadata is off (AWS_EC2_METADATA_DISABLED)";
  const { fetchInstanceCredentials } = await import("./instance_metadata.js");
  fetch.waitsFor("EC2 instance metadata");
  return fetchInstanceCredentials({ log, now, random, signal: fetch.signal });
}

/** Prefixes a failure with the source's name, and leaves out details that may hold a secret. */
async function explained(source: string, found: Promise<Found> | Found): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    // Errors of STS, or of the network to it, stay unchanged: their code decides whether a retry makes sense.
    if (error instanceof CredentialsTimeout) throw error;
    if (error instanceof Error && ("$metadata" in error || ("code" in error && !("path" in error)))) throw error;
    throw Object.assign(new CredentialsProviderError(`${source}: ${reasonOf(error)}`), responseOf(error));
  }
}

/** Returns the response of an error, for Retry-After. */
function responseOf(error: unknown): { readonly $response?: unknown } {
  return error instanceof Error && "$response" in error ? { $response: error.$response } : {};
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  // JSON.parse quotes the text, which may hold a secret.
  if (error.name === "SyntaxError") return "the response is not JSON";
  return error.message;
}
