// Parses a workload, the shape of a run's input: the number of tags and of partition keys.

export interface Workload {
  /** Number of files with the records, each with a separate tag. */
  readonly tags: number;
  /** Number of values of the field KEY_FIELD, which is then the partition key; 0: no such field, and random keys. */
  readonly keys: number;
}

/** Field that only records with a number of keys have. */
export const KEY_FIELD = "customer";
export const PLAIN: Workload = { tags: 1, keys: 0 };

/** Words of a variant's name that set its workload; the others are options of the output. */
const words: Readonly<Record<keyof Workload, RegExp>> = { tags: /^tags([1-9]\d*)$/, keys: /^key([1-9]\d*)$/ };

function valueOf(pattern: RegExp, given: readonly string[], fallback: number): number {
  const value = given.map((word) => pattern.exec(word)?.[1]).find((found) => found !== undefined);
  return value === undefined ? fallback : Number(value);
}

export function isWorkloadWord(word: string): boolean {
  return Object.values(words).some((pattern) => pattern.test(word));
}

/** Parses `tags8` and `key40` out of a variant's words. */
export function workloadOf(given: readonly string[]): Workload {
  return { tags: valueOf(words.tags, given, PLAIN.tags), keys: valueOf(words.keys, given, PLAIN.keys) };
}

/** Returns a text that identifies the workload. */
export function nameOf({ tags, keys }: Workload): string {
  return [...(tags === PLAIN.tags ? [] : [`tags${tags}`]), ...(keys === PLAIN.keys ? [] : [`key${keys}`])].join("-");
}
