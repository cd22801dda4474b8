/** Compares the lines that the demonstration sent with those that arrived. */

/** Number of lines that did not arrive, and of surplus records. */
export interface Comparison {
  readonly missing: number;
  readonly surplus: number;
}

/** Compares how often each line occurs, in any order. */
export function compareLines(sent: readonly string[], arrived: readonly string[]): Comparison {
  const counts = new Map<string, number>();
  for (const line of arrived) counts.set(line, (counts.get(line) ?? 0) + 1);
  let missing = 0;
  for (const line of sent) {
    const left = counts.get(line) ?? 0;
    if (left === 0) missing++;
    else counts.set(line, left - 1);
  }
  return { missing, surplus: arrived.length - (sent.length - missing) };
}

/** Returns the comparison as the demonstration prints it. */
export function comparisonText(sent: number, arrived: number, { missing, surplus }: Comparison): string {
  const more = surplus === 0 ? "" : `, ${surplus} surplus records`;
  return `In: ${sent} lines. Out: ${arrived} records, ${missing} lines missing${more}.`;
}
