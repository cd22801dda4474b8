/** Compares tag patterns of Match, where `*` is any text. */

/** Returns whether any tag matches both patterns. */
export function patternsOverlap(one: string, other: string): boolean {
  // For each position in `other`: whether the rest of `other` from there overlaps with the rest of `one`.
  let below = Array.from({ length: other.length + 1 }, (_, at) => /^\**$/u.test(other.slice(at)));
  for (let at = one.length - 1; at >= 0; at--) {
    const row: boolean[] = [];
    for (let place = other.length; place >= 0; place--) {
      const isAny = one[at] === "*";
      const isAnyThere = other[place] === "*";
      const isPast = (isAny && below[place] === true) || ((isAny || isAnyThere) && row[place + 1] === true);
      const isEaten = isAnyThere && below[place] === true;
      row[place] = isPast || isEaten || (one[at] === other[place] && below[place + 1] === true);
    }
    below = row;
  }
  return below[0] === true;
}
