/** Credentials that outputs share: those with the same sources have one fetch, one renewal and one back-off together. */
import type { Log } from "../telemetry/log.js";
import { CredentialsProviderError, type CredentialProvider } from "./renewing_credentials.js";

/** One source, as long as an output uses it. */
interface Shared {
  readonly credentials: CredentialProvider;
  /** Of the outputs that use it, in the order in which they came. */
  readonly logs: Set<Log>;
}

/** All credentials of the process, by their sources. */
export class SharedCredentials {
  readonly #shared = new Map<string, Shared>();

  /**
   * Returns the credentials of a source for one more output. They are closed when all that have joined are.
   * @param key tells sources apart: settings, and the network over which they are asked
   * @param log the output's; the source writes to that of the oldest output
   * @param make is called for the first output of the source
   */
  join(key: string, log: Log, make: (log: Log) => CredentialProvider): CredentialProvider {
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      const logs = new Set<Log>();
      shared = { credentials: make(oldestOf(logs, log)), logs };
      this.#shared.set(key, shared);
    }
    // A log of its own for each output, though two may have been given the same.
    const own = { ...boundTo(log) };
    shared.logs.add(own);
    return new Share(shared.credentials, () => this.#leave(key, own));
  }

  #leave(key: string, log: Log): void {
    const shared = this.#shared.get(key);
    if (shared === undefined || !shared.logs.delete(log) || shared.logs.size > 0) return;
    this.#shared.delete(key);
    shared.credentials.close();
  }
}

/** What one output has of shared credentials. */
class Share implements CredentialProvider {
  readonly provide: CredentialProvider["provide"];
  readonly #credentials: CredentialProvider;
  readonly #leave: () => void;
  #isClosed = false;

  constructor(credentials: CredentialProvider, leave: () => void) {
    this.#credentials = credentials;
    this.#leave = leave;
    const provide = () => this.#isClosed ? Promise.reject(new CredentialsProviderError("the output is closed")) : credentials.provide();
    this.provide = Object.assign(provide, { memoized: true as const });
  }

  get awaited(): string {
    return this.#credentials.awaited;
  }

  refused(): void {
    if (!this.#isClosed) this.#credentials.refused();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leave();
  }
}

/** Writes to the first log of the set. @param last is written to when the set is empty */
function oldestOf(logs: ReadonlySet<Log>, last: Log): Log {
  const oldest = (): Log => logs.values().next().value ?? last;
  return boundTo({
    debug: (message) => oldest().debug(message),
    info: (message) => oldest().info(message),
    warning: (message) => oldest().warning(message),
    error: (message) => oldest().error(message),
  });
}

function boundTo(log: Log): Log {
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.info(message),
    warning: (message) => log.warning(message),
    error: (message) => log.error(message),
  };
}
