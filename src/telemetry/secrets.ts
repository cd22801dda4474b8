/** Remembers the secrets of the process, and hides them in messages: a service, proxy or package may quote them. */

/** Minimum characters of a secret to hide: shorter ones also occur inside ordinary words. */
const minCharacters = 6;
const maxCharacters = 32 * 1024;
/** Maximum secrets from options and variables: a few for each output. */
const maxPermanent = 1000;
/** Maximum secrets from fetched credentials: three for each fetch, replaced within hours. */
const maxTemporary = 100;

/** A set of secrets to hide in messages. */
export class Secrets {
  /** The oldest first, as in `#temporary`. */
  readonly #permanent = new Set<string>();
  readonly #temporary = new Set<string>();
  /** The longest first, since one secret may contain another. Undefined until needed. */
  #ordered: readonly string[] | undefined;

  /** Remembers a secret of an option or a variable. */
  keep(secret: string | undefined): void {
    this.#add(this.#permanent, secret, maxPermanent);
  }

  /** Remembers a temporary secret, which later ones will displace. */
  note(secret: string | undefined): void {
    this.#add(this.#temporary, secret, maxTemporary);
  }

  /** Length of the longest secret, in characters. */
  get longest(): number {
    return this.#inOrder()[0]?.length ?? 0;
  }

  /** Replaces each secret in the text with "…", both as it is and URL-encoded. */
  hide(text: string): string {
    let hidden = text;
    for (const secret of this.#inOrder()) if (hidden.includes(secret)) hidden = hidden.replaceAll(secret, "…");
    return hidden;
  }

  #add(group: Set<string>, secret: string | undefined, maxSecrets: number): void {
    if (secret === undefined || secret.length < minCharacters || secret.length > maxCharacters) return;
    const isKnown = group.delete(secret);
    group.add(secret);
    if (isKnown) return;
    this.#ordered = undefined;
    for (const oldest of group) {
      if (group.size <= maxSecrets) break;
      group.delete(oldest);
    }
  }

  #inOrder(): readonly string[] {
    if (this.#ordered === undefined) {
      const all = [...this.#permanent, ...this.#temporary];
      const forms = new Set(all.flatMap((secret) => [secret, encodeURIComponent(Buffer.from(secret).toString())]));
      this.#ordered = [...forms].sort((one, other) => other.length - one.length);
    }
    return this.#ordered;
  }
}

/** The secrets that all logs of the process hide. */
export const secrets = new Secrets();
