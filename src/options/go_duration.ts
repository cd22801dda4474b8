/** Parses durations in Go's format, such as 5m30s. */

const millisecondsByUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Returns a duration in milliseconds; undefined when the text is not a duration.
 * Rejects signs, since no timeout is negative. Source: Go, package time, ParseDuration.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/gu;
  let total = 0;
  let consumed = 0;
  for (const match of text.matchAll(part)) {
    if (match.index !== consumed) return undefined;
    consumed += match[0].length;
    total += Number(match[1]) * (millisecondsByUnit[match[2] ?? ""] ?? Number.NaN);
  }
  return consumed === text.length && consumed > 0 ? total : undefined;
}
