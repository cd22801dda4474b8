/** Ends one fetch of credentials, and names the source that has not responded yet. */

/** Name of the source until a source has set its own. */
export const unnamedSource = "the source of the credentials";

/** One fetch of credentials, which may try several sources. */
export class CredentialFetch {
  readonly #ending = new AbortController();
  readonly #closing = new AbortController();
  #awaited: () => string = () => unnamedSource;

  /** Aborts when the fetch has taken too long or the output is closed. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborts when the credentials are no longer needed: for a source with its own time limit. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Name of the source that has not responded yet, such as "AssumeRole of arn:aws:iam::123456789012:role/logs". */
  get awaited(): string {
    return this.#awaited();
  }

  /** Sets the source that the fetch now waits for. @param source its name, or a function that returns the name */
  waitsFor(source: string | (() => string)): void {
    this.#awaited = typeof source === "string" ? () => source : source;
  }

  /** Aborts {@link signal}. */
  end(): void {
    this.#ending.abort();
  }

  /** Aborts both signals. */
  close(): void {
    this.#closing.abort();
    this.end();
  }
}
