/** Reports redirects (status 3xx): no service sends one, so the address or a proxy is wrong. */
import type { IncomingHttpHeaders } from "node:http";

/** Where a request went. */
export interface Origin {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
}

/** The name of the errors. */
export const redirected = "Redirected";

/** Whether a status is one of a redirect. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Returns the error, which names the host but not the path: that may hold a password. */
export function redirectError(status: number, { location }: IncomingHttpHeaders, from: Origin): Error {
  const to = location === undefined ? undefined : originOf(location, from);
  const message = `the service redirects ${to === undefined ? "to no address" : `to ${to}`} (status ${status}), which is not followed`;
  return Object.assign(new Error(message), { name: redirected });
}

/** Adds to a redirect's error which settings to check. Leaves other errors as they are. */
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
