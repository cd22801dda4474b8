/** Credentials from the HTTP endpoint of a container: ECS tasks and EKS Pod Identity. */
import { readFile } from "node:fs/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { CredentialsProviderError, type Credentials } from "./renewing_credentials.js";

// Source: AWS SDKs and Tools Reference Guide, Container credential provider.
const taskAddress = "http://169.254.170.2";
const plainHosts = new Set(["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]);

const attempts = 3;
const attemptTimeoutMs = 2000;
const pauseMs = 200;
const mostAnswerBytes = 64 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the container's credentials are; undefined when the environment names no place. Besides https, only addresses
 * of this machine are taken, for the token must not travel in the clear.
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
    // No URL at all: refused below.
  }
  throw new CredentialsProviderError(`${name} must be a URL with https, or with http and an address of this machine, of ECS or of EKS`);
}

/**
 * Asks up to three times. The token's file is read each time: it is replaced while we run.
 * @param signal ends the fetch
 * @throws CredentialsProviderError without anything of the answer but its status and code
 */
export async function fetchContainerCredentials(address: URL, environment: Environment, signal: AbortSignal): Promise<Credentials> {
  const token = await readToken(environment);
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(address, token, signal);
    if (answer.status === 200) return readCredentials(answer.body);
    const isFinal = answer.status !== undefined && answer.status < 500 && answer.status !== 429;
    if (isFinal || attempt === attempts || signal.aborted) throw new CredentialsProviderError(`${address.host} ${answer.reason}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt).unref());
  }
}

async function readToken(environment: Environment): Promise<string | undefined> {
  const file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] ?? "";
  const value = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] ?? "";
  if (file === "" && value === "") return undefined;
  const name = file === "" ? "AWS_CONTAINER_AUTHORIZATION_TOKEN" : "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
  const token = (file === "" ? value : await readTokenFile(file)).trim();
  // Else Node refuses the header in a message that shows it.
  if (/^[\t\x20-\x7e]+$/u.test(token)) return token;
  throw new CredentialsProviderError(`${name} holds no token of a single line`);
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CredentialsProviderError(`AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read: ${(error as Error).message}`);
  }
}

interface Answer {
  /** Undefined when none came. */
  readonly status: number | undefined;
  readonly body: string;
  /** Why it is no good, to follow the server's name. */
  readonly reason: string;
}

/** Straight to the address, past any proxy. */
function ask(address: URL, token: string | undefined, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    let isLate = false;
    const none = (reason: string) => resolve({ status: undefined, body: "", reason: isLate ? "did not answer in time" : reason });
    const headers = { accept: "application/json", ...(token === undefined ? {} : { authorization: token }) };
    const request = address.protocol === "https:" ? requestHttps : requestHttp;
    const sent = request(address, { headers, signal, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        body += part;
        if (body.length > mostAnswerBytes) response.destroy(new Error("answered with too much"));
      });
      response.on("end", () => resolve({ status, body, reason: `answered with status ${status}${codeIn(body)}` }));
      response.on("error", (error) => none(error.message));
    });
    const timer = setTimeout(() => {
      isLate = true;
      sent.destroy();
    }, attemptTimeoutMs).unref();
    sent.on("error", (error) => none(`cannot be reached: ${error.message}`));
    sent.on("close", () => clearTimeout(timer));
    sent.end();
  });
}

function codeIn(body: string): string {
  const code = /"code"\s*:\s*"([\w.]{1,100})"/iu.exec(body)?.[1];
  return code === undefined ? "" : ` (${code})`;
}

function readCredentials(body: string): Credentials {
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    // The error would show what it failed at.
  }
  const field = (name: string): string | undefined => {
    const value: unknown = typeof read === "object" && read !== null ? Reflect.get(read, name) : undefined;
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const [accessKeyId, secretAccessKey] = [field("AccessKeyId"), field("SecretAccessKey")];
  const [sessionToken, expiration] = [field("Token"), field("Expiration")];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CredentialsProviderError("its answer has no AccessKeyId and SecretAccessKey");
  }
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration: new Date(expiration) }),
  };
}
