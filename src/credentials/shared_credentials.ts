/** Shares credentials between outputs: those with the same source have one fetch, one renewal and one back-off. */
import type { Log } from "../telemetry/log.js";
import { CredentialsProviderError, type CredentialProvider } from "./renewing_credentials.js";

/** One source in use. */
interface Shared {
  readonly credentials: CredentialProvider;
  /** Logs of the outputs that use the source, oldest first. */
  readonly logs: Set<Log>;
}

/** All credentials of the process, by source. */
export class SharedCredentials {
  readonly #shared = new Map<string, Shared>();

  /**
   * Returns the credentials of a source for one more output. Closes the source when all its outputs have closed theirs.
   * @param key identifies the source: its settings and its network
   * @param log the output's log; the source writes to that of the oldest output
   * @param make creates the credentials for the first output of the source
   */
  join(key: string, log: Log, make: (log: Log) => CredentialProvider): CredentialProvider {
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      const logs = new Set<Log>();
      shared = { credentials: make(oldestOf(logs, log)), logs };
      this.#shared.set(key, shared);
    }
    // A separate object for each output, because two outputs may pass the same log.
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

/** One output's share of credentials. */
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

  rejected(): void {
    if (!this.#isClosed) this.#credentials.rejected();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leave();
  }
}

/** Returns a log that writes to the first log of the set. @param fallback log for an empty set */
function oldestOf(logs: ReadonlySet<Log>, fallback: Log): Log {
  const oldest = (): Log => logs.values().next().value ?? fallback;
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
