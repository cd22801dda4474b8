/** Asks the HTTP endpoints that give credentials on the machine itself: straight to the address, past any proxy. */
import { Agent as PlainAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { SecureContext } from "node:tls";
import { exchange, type HttpResponse } from "../network/exchange.js";
import { unbracketed } from "../network/host_name.js";
import { adviseOnRedirect, redirected } from "../network/redirect.js";

/** Credentials have 1 to 12 KiB, most of which is the session token. For STS and single sign-on too. */
export const maxCredentialBytes = 64 * 1024;

/** A question to such an endpoint. */
export interface EndpointQuestion {
  readonly method: "GET" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  /** Limits the whole of it, from the connection to the end of the answer. */
  readonly timeoutMs: number;
  readonly trust?: SecureContext | undefined;
  /** Leads to the endpoint, for the error of one that redirects. */
  readonly setting: string;
  readonly signal: AbortSignal;
}

/** Returns the answer, whatever its status. @throws an error whose message follows the server's name */
export async function askEndpoint(address: URL, { method, headers, timeoutMs, trust, setting, signal }: EndpointQuestion): Promise<HttpResponse> {
  const isSecure = address.protocol === "https:";
  const agent = isSecure ? new SecureAgent(trust === undefined ? {} : { secureContext: trust }) : new PlainAgent();
  const { hostname, port, pathname, search } = address;
  const target = {
    ...{ isSecure, hostname: unbracketed(hostname), port: port === "" ? undefined : Number(port) },
    ...{ path: `${pathname}${search}`, agent, connectionTimeoutMs: timeoutMs, idleTimeoutMs: timeoutMs, maxResponseBytes: maxCredentialBytes },
  };
  let end: (reason: Error) => void = () => undefined;
  const onAbort = () => end(new Error("was not waited for any more"));
  const timer = setTimeout(() => end(new Error("did not answer in time")), timeoutMs).unref();
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
  if (name === "TimeoutError") return new Error("did not answer in time", { cause: error });
  if (name === "InvalidResponse") return new Error(`gave no answer of its kind: ${message}`, { cause: error });
  if (name === redirected) return new Error(message.replace(/^the service /u, ""), { cause: error });
  if (name === "EncodedResponse") return new Error(`gave no answer of its kind: ${message}`, { cause: error });
  if (code === "") return error as Error;
  return new Error(`cannot be reached: ${message === "" ? code : message}`, { cause: error });
}

/** Returns a function that reads the non-empty texts of a JSON object by their names; of anything else it reads nothing. */
export function stringFields(body: string): (name: string) => string | undefined {
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    // The error would show what it failed at.
  }
  return (name) => {
    const value: unknown = typeof read === "object" && read !== null ? Reflect.get(read, name) : undefined;
    return typeof value === "string" && value !== "" ? value : undefined;
  };
}
