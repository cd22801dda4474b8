/** Asks again when the service is busy or out of reach for a while. */
import { readFailure } from "../../src/kinesis/failure.js";
import { isThrottling } from "../../src/delivery/throttling.js";

export interface Clock {
  readonly now: () => number;
  /** Rejects when the reading was ended meanwhile. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export interface Patience {
  readonly clock: Clock;
  /** Takes a line for the user. */
  readonly tell: (message: string) => void;
  /** Of a request that fails for another reason than throttling, which is waited out. */
  readonly maxTries: number;
}

const firstWaitMs = 250;
const longestWaitMs = 5000;
/** A single failure is nothing to tell. */
const triesUntilTold = 3;

/**
 * Tries again what fails for a reason that may pass.
 * @param what is asked for, as a message tells it
 * @throws what the last try threw
 */
export async function patiently<T>(what: string, ask: () => Promise<T>, patience: Patience): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const { code, cause } = readFailure(error);
      if (cause !== "transient" || (tries >= patience.maxTries && !isThrottling(code))) throw error;
      if (tries === triesUntilTold) patience.tell(`${what} failed ${tries} times (${code}); it is tried again`);
      await patience.clock.sleep(Math.min(firstWaitMs * 2 ** (tries - 1), longestWaitMs));
    }
  }
}
