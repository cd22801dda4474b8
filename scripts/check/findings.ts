/** The findings of the check: place, severity, message and advice. */

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
  /** Undefined for a finding without a file, such as one about the environment. */
  readonly place: Place | undefined;
  /** A short name of the rule, for programs that read the report. */
  readonly rule: string;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
}

/** Returns the findings by file (in the order of each file's first finding), line, and severity, the worst first. */
export function sorted(findings: readonly Finding[]): Finding[] {
  const files = [...new Set(findings.map(({ place }) => place?.file))];
  return [...findings].sort(
    (a, b) =>
      files.indexOf(a.place?.file) - files.indexOf(b.place?.file) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      severities.indexOf(a.severity) - severities.indexOf(b.severity),
  );
}

/** Returns each message about a line once, even if several rules or outputs found it. */
export function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const keyOf = ({ place, message }: Finding) => JSON.stringify([place?.file, place?.line, message]);
  return [...new Map([...findings].reverse().map((finding) => [keyOf(finding), finding])).values()].reverse();
}
