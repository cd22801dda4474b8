/** Reads and describes positions in a shard: the values of --from. */

export type Position =
  | { readonly kind: "latest" }
  | { readonly kind: "trim-horizon" }
  | { readonly kind: "time"; readonly time: Date }
  /** After this record. */
  | { readonly kind: "after"; readonly sequenceNumber: string };

export const positionForms =
  "latest, trim-horizon (the oldest record that is kept), a time such as 2026-01-31T09:30 or 2026-01-31T09:30:00Z " +
  "(local without a zone), or how long ago: 90s, 15m, 2h, 1d";

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses a value of --from; returns undefined for an invalid value or a time in the future. */
export function readPosition(text: string, nowMs: number): Position | undefined {
  const name = text.toLowerCase().replace("_", "-");
  if (name === "latest" || name === "trim-horizon") return { kind: name };
  const timeMs = readAge(text, nowMs) ?? readTime(text);
  return timeMs === undefined || timeMs > nowMs || timeMs < 0 ? undefined : { kind: "time", time: new Date(timeMs) };
}

function readAge(text: string, nowMs: number): number | undefined {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/u.exec(text) ?? [];
  return count === undefined ? undefined : nowMs - Number(count) * (unitMs[unit] ?? 0);
}

/** Parses ISO 8601 only: other forms that Date.parse accepts differ between engines. */
function readTime(text: string): number | undefined {
  const form = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/iu;
  const [, year, month, day, time = "00:00", zone = ""] = form.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  // Date takes February 30 for March 2.
  if (new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) return undefined;
  const offset = zone.replace(/^([+-]\d\d)(\d\d)$/u, "$1:$2").toUpperCase();
  const timeMs = Date.parse(`${year}-${month}-${day}T${time}${offset}`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Returns the position as text for messages. */
export function describePosition(position: Position): string {
  switch (position.kind) {
    case "latest":
      return "now on";
    case "trim-horizon":
      return "the oldest record on";
    case "time":
      return `${position.time.toISOString()} on`;
    case "after":
      return `after record ${position.sequenceNumber}`;
  }
}
