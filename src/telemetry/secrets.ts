/** Remembers the secrets of this process, so that no message shows one that a service, a proxy or a package repeats. */

/** Shorter ones are left: they would stand in the middle of other words. */
const leastCharacters = 6;
const maxCharacters = 32 * 1024;
/** What comes from options and variables: a few for each output. */
const maxLasting = 1000;
/** What is fetched, and is replaced within hours: three for each fetch of credentials. */
const maxPassing = 100;

/** Secrets, and the messages without them. */
export class Secrets {
  /** The oldest first. */
  readonly #lasting = new Set<string>();
  readonly #passing = new Set<string>();
  /** The longest first: one may hold another. Undefined until it is needed. */
  #ordered: readonly string[] | undefined;

  /** Remembers a secret of an option or a variable. */
  keep(secret: string | undefined): void {
    this.#add(this.#lasting, secret, maxLasting);
  }

  /** Remembers a secret that others will follow. */
  note(secret: string | undefined): void {
    this.#add(this.#passing, secret, maxPassing);
  }

  /** The longest secret. */
  get longest(): number {
    return this.#inOrder()[0]?.length ?? 0;
  }

  /** Returns the text with "…" in the place of each secret, as it is and as a URL has it. */
  hide(text: string): string {
    let hidden = text;
    for (const secret of this.#inOrder()) if (hidden.includes(secret)) hidden = hidden.replaceAll(secret, "…");
    return hidden;
  }

  #add(group: Set<string>, secret: string | undefined, most: number): void {
    if (secret === undefined || secret.length < leastCharacters || secret.length > maxCharacters) return;
    const isKnown = group.delete(secret);
    group.add(secret);
    if (isKnown) return;
    this.#ordered = undefined;
    for (const oldest of group) {
      if (group.size <= most) break;
      group.delete(oldest);
    }
  }

  #inOrder(): readonly string[] {
    if (this.#ordered === undefined) {
      const all = [...this.#lasting, ...this.#passing];
      const forms = new Set(all.flatMap((secret) => [secret, encodeURIComponent(Buffer.from(secret).toString())]));
      this.#ordered = [...forms].sort((one, other) => other.length - one.length);
    }
    return this.#ordered;
  }
}

/** The secrets that the logs of this process hide. */
export const secrets = new Secrets();
