// The ledger of a soak test: for millions of numbered records, how often each was accepted and whether the client knew it.
import type { Ledger } from "../support/faulty_kinesis.js";
import type { PutRecord } from "../support/put_record.js";

const head = '{"log":"';
const firstCapacity = 1 << 20;
const most = 255;

export interface SequenceBalance {
  readonly lost: number;
  readonly doubledAvoidably: number;
  readonly doubledUnavoidably: number;
}

/** Two bytes for each record, by its number. */
export class SequenceLedger implements Ledger {
  #taken = new Uint8Array(firstCapacity);
  #known = new Uint8Array(firstCapacity);
  readonly #takenAlthoughKnown = new Set<number>();
  /** Number of accepted records, including doubles. */
  bytes = 0;
  #last = -1;

  /** For FaultySettings.textsOf: returns the number in `{"log":"123 …"}` without parsing the rest. */
  readonly textsOf = ({ data }: PutRecord): string[] => {
    this.bytes += data.length;
    const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, 40)).toString("latin1");
    const end = text.indexOf(" ", head.length);
    if (!text.startsWith(head) || end < 0) throw new Error("a record that is not the soak test's arrived");
    return [text.slice(head.length, end)];
  };

  take(texts: readonly string[]): () => void {
    const numbers = texts.map(Number);
    for (const number of numbers) {
      this.#reserve(number);
      if ((this.#known[number] ?? 0) > 0) this.#takenAlthoughKnown.add(number);
      this.#taken[number] = Math.min((this.#taken[number] ?? 0) + 1, most);
      if (number > this.#last) this.#last = number;
    }
    return () => {
      for (const number of numbers) this.#known[number] = Math.min((this.#known[number] ?? 0) + 1, most);
    };
  }

  refuseAlone(): void {
    throw new Error("no record of a soak test may be rejected");
  }

  /** Returns whether all records from `first` up to (not including) `end` were accepted. */
  hasAll(first: number, end: number): boolean {
    if (end > this.#taken.length) return false;
    const missing = this.#taken.subarray(first, end).indexOf(0);
    return missing < 0;
  }

  /** Highest accepted number plus one. */
  get reached(): number {
    return this.#last + 1;
  }

  /** Counts losses and doubles among the records from 0 up to `count`. */
  balance(count: number): SequenceBalance {
    let [lost, doubledAvoidably, doubledUnavoidably] = [0, 0, 0];
    for (let number = 0; number < count; number++) {
      const taken = this.#taken[number] ?? 0;
      if (taken === 0) lost++;
      if (taken <= 1) continue;
      if ((this.#known[number] ?? 0) > 1 || this.#takenAlthoughKnown.has(number)) doubledAvoidably++;
      else doubledUnavoidably++;
    }
    return { lost, doubledAvoidably, doubledUnavoidably };
  }

  #reserve(number: number): void {
    if (number < this.#taken.length) return;
    const capacity = Math.max(this.#taken.length * 2, number + 1);
    const [taken, known] = [new Uint8Array(capacity), new Uint8Array(capacity)];
    taken.set(this.#taken);
    known.set(this.#known);
    [this.#taken, this.#known] = [taken, known];
  }
}
