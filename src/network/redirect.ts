/** Reports redirects (status 3xx). No service sends one: the address is wrong, or a proxy is in between. */
import type { IncomingHttpHeaders } from "node:http";

/** The address of a request. */
export interface Origin {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
}

/** Name of the errors for redirects. */
export const redirected = "Redirected";

/** Returns whether a status is a redirect. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Returns the error for a redirect. It names the host but not the path, which may contain a password. */
export function redirectError(status: number, { location }: IncomingHttpHeaders, from: Origin): Error {
  const to = location === undefined ? undefined : originOf(location, from);
  const message = `the service redirects ${to === undefined ? "to no address" : `to ${to}`} (status ${status}), which is not followed`;
  return Object.assign(new Error(message), { name: redirected });
}

/** Adds the settings to check to a redirect's error. Returns other errors unchanged. */
export function adviseOnRedirect(error: unknown, settings: string): unknown {
  if (error instanceof Error && error.name === redirected) error.message += `; check ${settings}`;
  return error;
}

function originOf(location: string, { isSecure, hostname, port }: Origin): string | undefined {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  try {
    const { protocol, host: to } = new URL(location, `${isSecure ? "https" : "http"}://${host}${port === undefined ? "" : `:${port}`}`);
    return to === "" ? undefined : `${protocol}//${to.slice(0, 255)}`;
  } catch {
    return undefined;
  }
}
