/** Converts host names of URLs into the form that connections use. */

/** Returns an IPv6 address without its brackets, and any other host name unchanged. */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/gu, "");
}
