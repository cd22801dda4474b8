/** Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and names the proxy in errors. */
import { ConfigurationError } from "../configuration_error.js";
import { secrets } from "../telemetry/secrets.js";
import type { ProxyBypass } from "./no_proxy.js";
import type { Environment } from "./environment.js";

/** A proxy with its environment variable. */
export interface Proxy {
  readonly variable: string;
  /** May contain a user and a password: never log it. */
  readonly url: URL;
}

/** The proxies for requests of each protocol, and the hosts that need none. */
export interface ProxySettings {
  readonly https: Proxy | undefined;
  readonly http: Proxy | undefined;
  readonly bypass: ProxyBypass;
}

const protocols = new Set(["http:", "https:", "socks5:", "socks5h:"]);

/** Settings without a proxy: every request goes directly to its host. */
export const noProxies: ProxySettings = { https: undefined, http: undefined, bypass: () => true };

/**
 * Reads the variables in the order of Go's net/http: the name in upper case, and if that is empty, in lower case.
 * @throws ConfigurationError that names the variable, but not its value, which may contain a password
 */
export async function readProxies(environment: Environment): Promise<ProxySettings> {
  const https = readProxy(environment, "HTTPS_PROXY");
  const http = readProxy(environment, "HTTP_PROXY");
  if (https === undefined && http === undefined) return noProxies;
  // Loads node:net on first use, which takes 2 ms on Node 18.
  const { parseNoProxy } = await import("./no_proxy.js");
  return { https, http, bypass: parseNoProxy(readEither(environment, "NO_PROXY").value) };
}

/**
 * Returns an error that names the proxy and keeps the code of the given error. Errors of the SOCKS library and of malformed responses
 * have no code: EPROXY looks like a system error's, so that the request is retried.
 */
export function proxyError({ variable, url }: Proxy, error: unknown): Error {
  const { message, code: given, $response }: Partial<KnownError> = error instanceof Error ? error : { message: String(error) };
  const code = typeof given === "string" ? given : "EPROXY";
  const text = `the proxy of ${variable} (${url.host}): ${message === "" ? code : message}`;
  return Object.assign(new Error(text, { cause: error }), { code }, $response === undefined ? {} : { $response });
}

/** The members of errors from Node and from our agents. */
interface KnownError extends Error {
  readonly code: unknown;
  readonly $response: unknown;
}

function readEither(environment: Environment, name: string): { variable: string; value: string } {
  const value = environment[name] ?? "";
  if (value !== "") return { variable: name, value };
  const lowerCase = name.toLowerCase();
  return { variable: lowerCase, value: environment[lowerCase] ?? "" };
}

function readProxy(environment: Environment, name: string): Proxy | undefined {
  const { variable, value } = readEither(environment, name);
  if (value === "") return undefined;
  const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url === undefined || url.hostname === "") {
    throw invalid(variable, "must be a URL such as http://proxy.example.com:3128 (%, @, /, # and ? in a password are written %25, %40, %2F, %23 and %3F)");
  }
  if (!protocols.has(url.protocol)) {
    throw invalid(variable, `begins with ${url.protocol}//, must begin with http://, https://, socks5:// or socks5h://`);
  }
  keepPassword(url);
  return { variable, url };
}

/** Registers a password for redaction: as written, decoded, and in the Basic authorization. */
function keepPassword({ username, password }: URL): void {
  if (password === "") return;
  const plain = decodeURIComponent(password);
  secrets.keep(password);
  secrets.keep(plain);
  secrets.keep(Buffer.from(`${decodeURIComponent(username)}:${plain}`).toString("base64"));
}

function parseUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    decodeURIComponent(url.username);
    decodeURIComponent(url.password);
    return url;
  } catch {
    return undefined;
  }
}

function invalid(variable: string, reason: string): ConfigurationError {
  return new ConfigurationError(`Invalid '${variable}' value specified, it ${reason}`);
}
