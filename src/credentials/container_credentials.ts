/** Fetches credentials from a container's HTTP endpoint: ECS tasks and EKS Pod Identity. */
import type { SecureContext } from "node:tls";
import type { HttpResponse } from "../network/exchange.js";
import { callEndpoint, stringFields } from "./local_endpoint.js";
import { CredentialsProviderError, type Credentials } from "./renewing_credentials.js";
import { secrets } from "../telemetry/secrets.js";
import { readTokenFile } from "./token_file.js";
import type { Environment } from "../network/environment.js";

// Source: AWS SDKs and Tools Reference Guide, Container credential provider.
const taskAddress = "http://169.254.170.2";
const plainHosts = new Set(["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]);

const attempts = 3;
const attemptTimeoutMs = 2000;
const pauseMs = 200;

/**
 * Returns the address of the container's credentials; undefined when the environment names none. Accepts plain http only for
 * the addresses of this machine, ECS and EKS, because the token must not cross a network unencrypted.
 * @throws CredentialsProviderError
 */
export function containerAddress(environment: Environment): URL | undefined {
  const full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] ?? "";
  const relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] ?? "";
  if (full === "" && relative === "") return undefined;
  const name = full === "" ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  try {
    const address = new URL(full === "" ? `${taskAddress}${relative}` : full);
    const { protocol, hostname } = address;
    const isLocal = plainHosts.has(hostname) || /^127(\.\d+){3}$/u.test(hostname);
    if (protocol === "https:" || (protocol === "http:" && isLocal)) return address;
  } catch {
    // Not a URL: rejected below.
  }
  throw new CredentialsProviderError(`${name} must be a URL with https, or with http and an address of this machine, of ECS or of EKS`);
}

/** Settings of a fetch from the endpoint. */
export interface ContainerRequest {
  readonly environment: Environment;
  /** Trusted authorities for an https endpoint; undefined for those that Node trusts. */
  readonly trust: SecureContext | undefined;
  /** Ends the fetch. */
  readonly signal: AbortSignal;
}

/**
 * Fetches the credentials, in up to three attempts. Reads the token file on each call, because the file is replaced over time.
 * @throws CredentialsProviderError with no part of the response but its status and code
 */
export async function fetchContainerCredentials(address: URL, { environment, trust, signal }: ContainerRequest): Promise<Credentials> {
  const token = await readToken(environment);
  const headers = { accept: "application/json", ...(token === undefined ? {} : { authorization: token }) };
  const setting = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  for (let attempt = 1; ; attempt++) {
    const response = await callEndpoint(address, { method: "GET", headers, timeoutMs: attemptTimeoutMs, trust, setting, signal }).catch(reasonOf);
    if (typeof response !== "string" && response.statusCode === 200) return readCredentials(response.body.toString());
    const status = typeof response === "string" ? undefined : response.statusCode;
    const isFinal = status !== undefined && status < 500 && status !== 429;
    if (isFinal || attempt === attempts || signal.aborted) throw failure(address, response);
    await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt).unref());
  }
}

function reasonOf(error: unknown): string {
  return (error as Error).message;
}

/** Returns an error with the headers where the SDK's errors have them, for Retry-After. */
function failure(address: URL, response: HttpResponse | string): CredentialsProviderError {
  if (typeof response === "string") return new CredentialsProviderError(`${address.host} ${response}`);
  const { statusCode, headers, body } = response;
  const error = new CredentialsProviderError(`${address.host} responded with status ${statusCode}${codeIn(body.toString())}`);
  return Object.assign(error, { $response: { headers } });
}

async function readToken(environment: Environment): Promise<string | undefined> {
  const file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] ?? "";
  const value = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] ?? "";
  if (file === "" && value === "") return undefined;
  const name = file === "" ? "AWS_CONTAINER_AUTHORIZATION_TOKEN" : "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
  const token = file === "" ? value.trim() : await readTokenFile(name, file);
  secrets.note(token);
  // Node would reject such a header with a message that shows the token.
  if (/^[\t\x20-\x7e]+$/u.test(token)) return token;
  throw new CredentialsProviderError(`${name} does not hold a single-line token`);
}

function codeIn(body: string): string {
  const code = /"code"\s*:\s*"([\w.]{1,100})"/iu.exec(body)?.[1];
  return code === undefined ? "" : ` (${code})`;
}

function readCredentials(body: string): Credentials {
  const field = stringFields(body);
  const [accessKeyId, secretAccessKey] = [field("AccessKeyId"), field("SecretAccessKey")];
  const [sessionToken, expiration] = [field("Token"), field("Expiration")];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CredentialsProviderError("no AccessKeyId and SecretAccessKey in its response");
  }
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration: new Date(expiration) }),
  };
}
