/** The host names of URLs, as connections take them. */

/** Returns an IPv6 address without its brackets, and any other host name as it is. */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/gu, "");
}
