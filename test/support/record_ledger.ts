// Records what a service of the tests accepted, how often, and whether the client could know: finds losses and doubles.

export interface Balance {
  /** Records that were neither accepted nor rejected. */
  readonly lost: readonly string[];
  /** Records that were accepted again although the client knew that the service had them. */
  readonly doubledAvoidably: readonly string[];
  /** Records that were accepted again because the response that confirmed them was lost. */
  readonly doubledUnavoidably: readonly string[];
  /** Records that the service rejected in requests with nothing else, and never accepted. */
  readonly refused: readonly string[];
  /** Records that arrived without having been sent. */
  readonly unknown: readonly string[];
}

interface Account {
  taken: number;
  acknowledged: number;
  takenAlthoughKnown: number;
  refusedAlone: boolean;
}

/** A ledger of records by their texts, which must differ. */
export class RecordLedger {
  readonly #accounts = new Map<string, Account>();

  /** Notes accepted records; returns a function to call when the client has the response. */
  take(texts: readonly string[]): () => void {
    const accounts = texts.map((text) => this.#account(text));
    for (const account of accounts) {
      account.taken++;
      if (account.acknowledged > 0) account.takenAlthoughKnown++;
    }
    return () => {
      for (const account of accounts) account.acknowledged++;
    };
  }

  /** Notes that the service rejected a request's only record, which contains these. */
  refuseAlone(texts: readonly string[]): void {
    for (const text of texts) this.#account(text).refusedAlone = true;
  }

  /** Returns whether this record is accepted or rejected for good. */
  isSettled(text: string): boolean {
    const account = this.#accounts.get(text);
    return account !== undefined && (account.taken > 0 || account.refusedAlone);
  }

  /** Returns whether the client has learned that the record was accepted. */
  isAcknowledged(text: string): boolean {
    return (this.#accounts.get(text)?.acknowledged ?? 0) > 0;
  }

  /** Number of records that were accepted at least once. */
  get size(): number {
    let size = 0;
    for (const { taken } of this.#accounts.values()) if (taken > 0) size++;
    return size;
  }

  /** Compares with the records that were given to the plugin. */
  balance(sent: Iterable<string>): Balance {
    const expected = new Set(sent);
    const all = [...expected].map((text) => [text, this.#accounts.get(text)] as const);
    const textsWhere = (holds: (account: Account) => boolean): string[] =>
      all.filter(([, account]) => account !== undefined && holds(account)).map(([text]) => text);
    return {
      lost: all.filter(([text]) => !this.isSettled(text)).map(([text]) => text),
      doubledAvoidably: textsWhere(isDoubledAvoidably),
      doubledUnavoidably: textsWhere((account) => account.taken > 1 && !isDoubledAvoidably(account)),
      refused: textsWhere((account) => account.taken === 0 && account.refusedAlone),
      unknown: [...this.#accounts].filter(([text, { taken }]) => taken > 0 && !expected.has(text)).map(([text]) => text),
    };
  }

  #account(text: string): Account {
    let account = this.#accounts.get(text);
    if (account === undefined) {
      account = { taken: 0, acknowledged: 0, takenAlthoughKnown: 0, refusedAlone: false };
      this.#accounts.set(text, account);
    }
    return account;
  }
}

function isDoubledAvoidably({ acknowledged, takenAlthoughKnown }: Account): boolean {
  // Two responses that both arrived are one too many, even if the second request was sent before the first response.
  return takenAlthoughKnown > 0 || acknowledged > 1;
}
