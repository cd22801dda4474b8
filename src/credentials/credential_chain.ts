/** The default chain of credentials, in the order of the AWS SDK for Go v1 (aws/session/credentials.go). */
import { readFile } from "node:fs/promises";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { endedBy } from "../network/ended_handler.js";
import { containerAddress, fetchContainerCredentials } from "./container_credentials.js";
import type { CredentialFetch } from "./credential_fetch.js";
import { environmentKeys, isMetadataOff, profileName } from "./credential_source.js";
import { CredentialsProviderError, type Credentials } from "./renewing_credentials.js";
import { roleSessionName, type TokenService } from "./token_service.js";
import type { Log } from "../log.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whom to ask. */
export interface ChainOptions {
  /** The only source when it is given: neither the environment nor the host's role takes its place. */
  readonly profile: string | undefined;
  /** For the roles of profiles and of web identity tokens. */
  readonly tokenService: TokenService;
  /** For the other services that profiles ask: single sign-on. */
  readonly requestHandler: NodeHttpHandler;
  readonly environment: Environment;
  readonly log: Log;
}

/** Credentials, or why this source has none to give. One that is set up but fails throws. */
type Found = Credentials | string;

const metadataTimeoutMs = 1000;
const metadataRetries = 2;

type Source = (options: ChainOptions, fetch: CredentialFetch) => Promise<Found> | Found;

/** Gives a function that asks the sources one after the other; it rejects with what was tried. */
export function credentialChain(options: ChainOptions): (fetch: CredentialFetch) => Promise<Credentials> {
  const { environment, profile, log } = options;
  const sources: readonly [name: string, source: Source][] = [
    ["the environment", () => fromEnvironment(environment)],
    ["the web identity token", fromWebIdentity],
    ["the shared files", (all, fetch) => fromProfile(profileName(environment), all, fetch)],
    ["the container's endpoint", (_, fetch) => fromContainer(environment, fetch)],
    ["EC2 instance metadata", () => fromInstance(environment, log)],
  ];
  let told = "";
  return async (fetch) => {
    if (profile !== undefined) {
      const found = await explained("profile", fromProfile(profile, options, fetch));
      if (typeof found !== "string") return found;
      throw new CredentialsProviderError(`option profile: ${found}`);
    }
    const reasons: string[] = [];
    for (const [name, source] of sources) {
      fetch.asks(name);
      const found = await explained(name, source(options, fetch));
      if (typeof found !== "string") {
        if (name !== told) log.info(`Credentials come from ${name}`);
        told = name;
        return found;
      }
      reasons.push(found);
    }
    throw new CredentialsProviderError(`no credentials were found: ${reasons.join("; ")}`);
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
  // Read each time: it is replaced while we run.
  const webIdentityToken = await readWebIdentityToken(file);
  const named = environment["AWS_ROLE_SESSION_NAME"] ?? "";
  const token = { webIdentityToken, roleArn, roleSessionName: named === "" ? roleSessionName : named };
  return tokenService.assumeRoleWithWebToken(token, fetch);
}

async function readWebIdentityToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new CredentialsProviderError(`AWS_WEB_IDENTITY_TOKEN_FILE cannot be read: ${(error as Error).message}`);
  }
  if (token === "") throw new CredentialsProviderError("AWS_WEB_IDENTITY_TOKEN_FILE names an empty file");
  return token;
}

async function fromProfile(profile: string, { tokenService, requestHandler }: ChainOptions, fetch: CredentialFetch): Promise<Found> {
  fetch.asks(`profile '${profile}'`);
  const { fromIni } = await import("./profile_provider.js");
  const provide = fromIni({
    profile,
    clientConfig: { requestHandler: endedBy(fetch.signal, requestHandler) },
    // Files are changed while we run, above all by those who renew them.
    ignoreCache: true,
    roleAssumer: (keys, params) => {
      return tokenService.assumeRole(keys, { ...params, RoleSessionName: ours(params.RoleSessionName) }, fetch);
    },
    roleAssumerWithWebIdentity: ({ RoleArn, RoleSessionName, WebIdentityToken }) => {
      const token = { roleArn: RoleArn, roleSessionName: ours(RoleSessionName), webIdentityToken: WebIdentityToken.trim() };
      return tokenService.assumeRoleWithWebToken(token, fetch);
    },
  });
  try {
    return await provide();
  } catch (error) {
    // The SDK has but this message for a profile that is missing or says nothing of credentials.
    const isEmpty = error instanceof Error && error.message.startsWith(`Could not resolve credentials using profile: [${profile}]`);
    if (isEmpty) return `profile '${profile}' is not in the shared files or has no credentials`;
    throw error;
  }
}

/** In place of the session name that the SDK makes up for profiles and tokens without one. */
function ours(sessionName: string | undefined): string {
  return sessionName === undefined || /^aws-sdk-js-(session-)?\d+$/u.test(sessionName) ? roleSessionName : sessionName;
}

async function fromContainer(environment: Environment, fetch: CredentialFetch): Promise<Found> {
  const address = containerAddress(environment);
  if (address === undefined) return "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set";
  fetch.asks(`the container's endpoint (${address.host})`);
  return fetchContainerCredentials(address, environment, fetch.signal);
}

async function fromInstance(environment: Environment, log: Log): Promise<Found> {
  if (isMetadataOff(environment)) {
    return "EC2 instance metadata is off (AWS_EC2_METADATA_DISABLED)";
  }
  const ignore = () => undefined;
  // In an outage of theirs EC2 hands out credentials beyond their time, and the services take them.
  const logger = { debug: ignore, info: ignore, warn: (message: string) => log.warning(message), error: ignore };
  const { fromInstanceMetadata } = await import("./instance_provider.js");
  try {
    return await fromInstanceMetadata({ timeout: metadataTimeoutMs, maxRetries: metadataRetries, logger })();
  } catch (error) {
    return `EC2 instance metadata: ${reasonOf(error)}`;
  }
}

/** Says which source failed. What it was at is left out where it may hold a secret. */
async function explained(source: string, found: Promise<Found> | Found): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    // Of STS, or of the network on the way there: the code says whether to try again.
    if (error instanceof Error && ("$metadata" in error || ("code" in error && !("path" in error)))) throw error;
    throw new CredentialsProviderError(`${source}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  // Of JSON.parse: it quotes the text.
  if (error.name === "SyntaxError") return "the answer is no JSON";
  // Of a credential_process: the command line and what it wrote.
  if (error.message.startsWith("Command failed")) return "its credential_process failed; run it by hand to see why";
  return error.message;
}
