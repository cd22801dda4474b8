/** Learns the service's time from its responses: it refuses a signature whose time is off. */
import type { IncomingHttpHeaders } from "node:http";

/** Minimum clock skew that may explain a refusal: the service accepts signatures up to 5 minutes old. Source: AWS SDKs and Tools Reference Guide. */
const minRefusedSkewMs = 4 * 60_000;
/** Maximum duration of an exchange whose response is used: the Date of a slower one is too inexact. */
const maxExchangeMs = 15 * 60_000;

/** The service's clock, relative to this machine's. */
export class ServiceClock {
  #offsetMs = 0;

  /** Milliseconds by which the service's clock is ahead of this machine's. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Reads the Date header of a response. Skips cached responses (Age): their Date is old. @param sentAtMs time when the request was sent */
  learn({ date, age }: IncomingHttpHeaders, sentAtMs: number, nowMs: number): void {
    const serviceMs = Date.parse(date ?? "");
    if (Number.isNaN(serviceMs) || age !== undefined || nowMs - sentAtMs > maxExchangeMs) return;
    this.#offsetMs = serviceMs - nowMs;
  }

  /** Returns whether a request signed with `offsetMs` may have been refused for its time, while the next one has a better time. */
  hasCorrected(offsetMs: number): boolean {
    return Math.abs(this.#offsetMs) >= minRefusedSkewMs && this.#offsetMs !== offsetMs;
  }
}
