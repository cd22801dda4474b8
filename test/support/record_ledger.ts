// What a service of the tests took, how often, and whether the client could know: tells losses and doubles apart.

export interface Balance {
  /** Records that were neither taken nor refused. */
  readonly lost: readonly string[];
  /** Those that were taken again although the client knew that the service had them. */
  readonly doubledAvoidably: readonly string[];
  /** Those that were taken again because the answer that told of them never came. */
  readonly doubledUnavoidably: readonly string[];
  /** Those that the service refused in requests that held nothing else, and never took. */
  readonly refused: readonly string[];
  /** What came without having been sent. */
  readonly unknown: readonly string[];
}

interface Account {
  taken: number;
  acknowledged: number;
  takenAlthoughKnown: number;
  refusedAlone: boolean;
}

/** Records are known by their texts, which must differ. */
export class RecordLedger {
  readonly #accounts = new Map<string, Account>();

  /** The service took these; gives what is to be called when the client has the answer. */
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

  /** The service refused the one record of a request, in which these are. */
  refuseAlone(texts: readonly string[]): void {
    for (const text of texts) this.#account(text).refusedAlone = true;
  }

  /** Whether there is nothing more to be done for this record. */
  isSettled(text: string): boolean {
    const account = this.#accounts.get(text);
    return account !== undefined && (account.taken > 0 || account.refusedAlone);
  }

  /** Whether the client has been told that the record was taken. */
  isAcknowledged(text: string): boolean {
    return (this.#accounts.get(text)?.acknowledged ?? 0) > 0;
  }

  /** Records that were taken at least once. */
  get size(): number {
    let size = 0;
    for (const { taken } of this.#accounts.values()) if (taken > 0) size++;
    return size;
  }

  /** Compares with what was given to the plugin. */
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
  // Two answers that both came are one too many, even if the second request was on its way before the first answer.
  return takenAlthoughKnown > 0 || acknowledged > 1;
}
