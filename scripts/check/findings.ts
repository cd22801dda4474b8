/** What the check has to say: where, how bad it is, and what to do. */

/** From the worst to the mildest. An error makes the check fail. */
export const severities = ["error", "warning", "hint"] as const;
export type Severity = (typeof severities)[number];

/** A place in a configuration file; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** One thing that is wrong or risky. */
export interface Finding {
  readonly severity: Severity;
  /** Undefined for what stands in no file. */
  readonly place: Place | undefined;
  /** A short name of the rule, for programs that read the report. */
  readonly rule: string;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
}

/** By file in the order of their first finding, then by line, then the worst first. */
export function sorted(findings: readonly Finding[]): Finding[] {
  const files = [...new Set(findings.map(({ place }) => place?.file))];
  return [...findings].sort(
    (a, b) =>
      files.indexOf(a.place?.file) - files.indexOf(b.place?.file) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      severities.indexOf(a.severity) - severities.indexOf(b.severity),
  );
}

/** The same complaint about the same line once, however many rules or outputs came upon it. */
export function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const keyOf = ({ place, message }: Finding) => JSON.stringify([place?.file, place?.line, message]);
  return [...new Map([...findings].reverse().map((finding) => [keyOf(finding), finding])).values()].reverse();
}
