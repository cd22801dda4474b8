/** Finds the name nearest to a misspelled one. */
import { distance } from "fastest-levenshtein";

/** Returns the number of letters to insert, delete or change; one swap of neighbours in a name counts as one. */
export function editDistance(from: string, to: string): number {
  let least = distance(from, to);
  for (let at = 1; at < from.length; at++) {
    const swapped = from.slice(0, at - 1) + from.charAt(at) + from.charAt(at - 1) + from.slice(at + 1);
    least = Math.min(least, distance(swapped, to) + 1);
  }
  return least;
}

/** Returns the nearest name, if at most a third of its letters differ and at most three; else undefined. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const near = names
    .map((candidate) => ({ candidate, limit: Math.min(3, Math.floor(candidate.length / 3)) }))
    .filter(({ candidate, limit }) => Math.abs(candidate.length - name.length) <= limit)
    .map(({ candidate, limit }) => ({ candidate, limit, letters: editDistance(name, candidate) }))
    .filter(({ letters, limit }) => letters <= limit);
  return near.sort((one, other) => one.letters - other.letters)[0]?.candidate;
}
