/** Reads the wait before the next request that a response sets. */

/** Maximum wait, 11.5 days: a longer one is a mistake of the sender. */
const maxWaitMs = 999_999_000;
/** IMF-fixdate, the only date format that senders may use. Source: RFC 9110, 5.6.7. */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/u;

/**
 * Returns the wait in milliseconds: from seconds or a date in Retry-After (RFC 9110, 10.2.3), else from milliseconds in
 * x-amz-retry-after. Returns undefined when both are missing, malformed or too long.
 * @param now returns milliseconds since the epoch
 */
export function readRetryAfter(headers: Readonly<Record<string, unknown>>, now: () => number): number | undefined {
  const text = (name: string) => {
    const value = headers[name];
    return typeof value === "string" ? value.trim() : "";
  };
  const [wait, amazonWait] = [text("retry-after"), text("x-amz-retry-after")];
  let waitMs = Number.NaN;
  if (/^\d+$/u.test(wait)) waitMs = Number(wait) * 1000;
  else if (httpDate.test(wait)) waitMs = Math.max(0, Date.parse(wait) - timeOf(text("date"), now));
  else if (/^\d+$/u.test(amazonWait)) waitMs = Number(amazonWait);
  return waitMs <= maxWaitMs ? waitMs : undefined;
}

/** Returns the headers of an error's response, from the member that the SDK's errors have. */
export function headersOf(error: unknown): Readonly<Record<string, unknown>> {
  const member = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  const headers = member(member(error, "$response"), "headers");
  return typeof headers === "object" && headers !== null ? { ...headers } : {};
}

/** Returns the sender's time from its Date header, since this machine's clock may be wrong. Without a Date, returns this machine's time. */
function timeOf(date: string, now: () => number): number {
  return httpDate.test(date) ? Date.parse(date) : now();
}
