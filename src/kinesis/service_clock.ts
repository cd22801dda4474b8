/** Learns the service's time from its responses: a signature with another time is refused. */
import type { IncomingHttpHeaders } from "node:http";

/** Source: AWS SDKs and Tools Reference Guide; the service takes signatures that are up to 5 minutes old. */
const toleratedMs = 4 * 60_000;
/** The time of a response that took longer says little. */
const longestExchangeMs = 15 * 60_000;

/** The service's time, as far as it is known. */
export class ServiceClock {
  #offsetMs = 0;

  /** What the service's clock is ahead of this machine's. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Reads the header Date of a response. A response of a cache (Age) has the time at which it was made. @param sentAtMs of the request */
  learn({ date, age }: IncomingHttpHeaders, sentAtMs: number, nowMs: number): void {
    const serviceMs = Date.parse(date ?? "");
    if (Number.isNaN(serviceMs) || age !== undefined || nowMs - sentAtMs > longestExchangeMs) return;
    this.#offsetMs = serviceMs - nowMs;
  }

  /** Whether a request that was signed with this offset may have been refused for its time, and would not be any more. */
  hasCorrected(offsetMs: number): boolean {
    return Math.abs(this.#offsetMs) >= toleratedMs && this.#offsetMs !== offsetMs;
  }
}
