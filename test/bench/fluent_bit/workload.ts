// A workload is the shape of a run's input: over how many tags the records go, and how many partition keys they have.

export interface Workload {
  /** The same records in so many files, each with a tag of its own. */
  readonly tags: number;
  /** The values of the field KEY_FIELD, which is then the partition key; 0: no such field, and random keys. */
  readonly keys: number;
}

/** The field that only records with a number of keys have. */
export const KEY_FIELD = "customer";
export const PLAIN: Workload = { tags: 1, keys: 0 };

/** The words of a variant's name that say its workload; the others are options of the output. */
const words: Readonly<Record<keyof Workload, RegExp>> = { tags: /^tags([1-9]\d*)$/, keys: /^key([1-9]\d*)$/ };

function valueOf(pattern: RegExp, given: readonly string[], fallback: number): number {
  const value = given.map((word) => pattern.exec(word)?.[1]).find((found) => found !== undefined);
  return value === undefined ? fallback : Number(value);
}

export function isWorkloadWord(word: string): boolean {
  return Object.values(words).some((pattern) => pattern.test(word));
}

/** Reads `tags8` and `key40` out of a variant's words. */
export function workloadOf(given: readonly string[]): Workload {
  return { tags: valueOf(words.tags, given, PLAIN.tags), keys: valueOf(words.keys, given, PLAIN.keys) };
}

/** A text that is the same for the same workload. */
export function nameOf({ tags, keys }: Workload): string {
  return [...(tags === PLAIN.tags ? [] : [`tags${tags}`]), ...(keys === PLAIN.keys ? [] : [`key${keys}`])].join("-");
}
