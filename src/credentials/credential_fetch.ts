/** Tells the sources of one fetch of credentials when to end, and learns from them who has not answered yet. */

/** Names the source while no source has named itself. */
export const unnamedSource = "the source of the credentials";

/** One fetch of credentials, which goes through several sources. */
export class CredentialFetch {
  readonly #ending = new AbortController();
  readonly #closing = new AbortController();
  #awaited: () => string = () => unnamedSource;

  /** Aborts when the fetch has taken too long or the output is closed. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborts when nobody needs the credentials any more: for a source with a time limit of its own. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The name of the source that has not answered yet, such as "AssumeRole of arn:aws:iam::123456789012:role/logs". */
  get awaited(): string {
    return this.#awaited();
  }

  /** Sets the source that is asked from now on. @param source its name, or a function that returns the name */
  asks(source: string | (() => string)): void {
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
