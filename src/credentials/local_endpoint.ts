/** Calls the machine's own HTTP endpoints for credentials, directly and never through a proxy. */
import { Agent as PlainAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { SecureContext } from "node:tls";
import { exchange, type HttpResponse } from "../network/exchange.js";
import { unbracketed } from "../network/host_name.js";
import { adviseOnRedirect, redirected } from "../network/redirect.js";

/** Maximum size of a response with credentials, also of STS and single sign-on. They have 1 to 12 KiB, most of it the session token. */
export const maxCredentialBytes = 64 * 1024;

/** A call to such an endpoint. */
export interface EndpointCall {
  readonly method: "GET" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  /** Time limit of the whole call, from the connection to the end of the response. */
  readonly timeoutMs: number;
  readonly trust?: SecureContext | undefined;
  /** Name of the setting with the endpoint's address, for the error about a redirect. */
  readonly setting: string;
  readonly signal: AbortSignal;
}

/** Returns the response, with any status. @throws an error whose message follows the server's name */
export async function callEndpoint(address: URL, { method, headers, timeoutMs, trust, setting, signal }: EndpointCall): Promise<HttpResponse> {
  const isSecure = address.protocol === "https:";
  const agent = isSecure ? new SecureAgent(trust === undefined ? {} : { secureContext: trust }) : new PlainAgent();
  const { hostname, port, pathname, search } = address;
  const target = {
    ...{ isSecure, hostname: unbracketed(hostname), port: port === "" ? undefined : Number(port) },
    ...{ path: `${pathname}${search}`, agent, connectionTimeoutMs: timeoutMs, idleTimeoutMs: timeoutMs, maxResponseBytes: maxCredentialBytes },
  };
  let end: (reason: Error) => void = () => undefined;
  const onAbort = () => end(new Error("did not respond before the fetch ended"));
  const timer = setTimeout(() => end(new Error("did not respond in time")), timeoutMs).unref();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const watcher = {
      onEnd(ender: (reason: Error) => void) {
        end = ender;
        if (signal.aborted) onAbort();
      },
      moved: () => undefined,
    };
    return await exchange(target, { method, headers, body: new Uint8Array() }, watcher);
  } catch (error) {
    throw described(adviseOnRedirect(error, setting));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    agent.destroy();
  }
}

function described(error: unknown): Error {
  const { name, message, code = "" } = error as Error & { code?: string };
  if (name === "TimeoutError") return new Error("did not respond in time", { cause: error });
  if (name === "InvalidResponse") return new Error(`returned an invalid response: ${message}`, { cause: error });
  if (name === redirected) return new Error(message.replace(/^the service /u, ""), { cause: error });
  if (name === "EncodedResponse") return new Error(`returned an invalid response: ${message}`, { cause: error });
  if (code === "") return error as Error;
  return new Error(`cannot be reached: ${message === "" ? code : message}`, { cause: error });
}

/** Returns a function that reads a JSON object's non-empty strings by name. Returns undefined for other values, and for text that is not JSON. */
export function stringFields(body: string): (name: string) => string | undefined {
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    // The error would show the text, which may hold a secret.
  }
  return (name) => {
    const value: unknown = typeof read === "object" && read !== null ? Reflect.get(read, name) : undefined;
    return typeof value === "string" && value !== "" ? value : undefined;
  };
}
