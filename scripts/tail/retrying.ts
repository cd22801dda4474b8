/** Retries requests while the service is throttling or unreachable. */
import { readFailure } from "../../src/kinesis/failure.js";
import { isThrottling } from "../../src/delivery/throttling.js";

export interface Clock {
  readonly now: () => number;
  /** Rejects when the user ends the command meanwhile. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export interface RetryPolicy {
  readonly clock: Clock;
  /** Prints a line for the user. */
  readonly report: (message: string) => void;
  /** Maximum attempts of a request that fails for another reason than throttling, which is retried without limit. */
  readonly maxTries: number;
}

const firstWaitMs = 250;
const maxWaitMs = 5000;
/** Failed attempts before a message: a single failure needs none. */
const triesUntilReported = 3;

/**
 * Makes a request, and retries transient failures.
 * @param what the request as the message names it, a gerund such as "listing the shards"
 * @throws the error of the last attempt
 */
export async function withRetries<T>(what: string, request: () => Promise<T>, retryPolicy: RetryPolicy): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (error) {
      const { code, cause } = readFailure(error);
      if (cause !== "transient" || (tries >= retryPolicy.maxTries && !isThrottling(code))) throw error;
      if (tries === triesUntilReported) retryPolicy.report(`${what} failed ${tries} times (${code}); retrying`);
      await retryPolicy.clock.sleep(Math.min(firstWaitMs * 2 ** (tries - 1), maxWaitMs));
    }
  }
}
