/** Formats the report: text for people, with colours on a terminal, or JSON for programs. */
import { severities, type Finding, type Place, type Severity } from "./findings.js";
import { versionText, type HostVersion } from "./host_version.js";
import type { Live } from "./live.js";

/** What AWS reported about the stream of the output in that place. */
export interface LiveOutput extends Live {
  readonly place: Place;
}

/** The subject of the report, for its last line. */
export interface Subject {
  /** Number of outputs of this plugin. */
  readonly outputs: number;
  /** Version of Fluent Bit whose faults were checked; undefined if unknown. */
  readonly version: HostVersion | undefined;
}

const colours: Readonly<Record<Severity, number>> = { error: 31, warning: 33, hint: 36 };

/** Returns each finding with its advice below it, then the facts from AWS, then the counts. */
export function textReport(findings: readonly Finding[], live: readonly LiveOutput[], subject: Subject, isColoured: boolean): string {
  const paint = (text: string, colour: number) => (isColoured ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const lines = findings.flatMap(({ severity, place, message, advice }) => [
    `${where(place)}: ${paint(severity, colours[severity])}: ${visible(message)}`,
    `    ${visible(advice)}.`,
  ]);
  for (const { place, credentials, facts } of live) {
    const known = [...(credentials === undefined ? [] : [`credentials: ${credentials}`]), ...facts];
    lines.push(...known.map((fact) => `${where(place)}: ${paint("live", 32)}: ${visible(fact)}`));
  }
  const counts = severities.map((severity) => counted(findings.filter((finding) => finding.severity === severity).length, severity));
  const host = subject.version === undefined ? "" : ` for Fluent Bit ${versionText(subject.version)}`;
  const part = subject.outputs === 0 && findings.every(({ severity }) => severity !== "error") ? " (a part that another file includes)" : "";
  lines.push(`${counted(subject.outputs, "kinesis output")}${part}${host}: ${counts.join(", ")}.`);
  return `${lines.join("\n")}\n`;
}

/** Returns the report as indented JSON. */
export function jsonReport(findings: readonly Finding[], live: readonly LiveOutput[], { outputs, version }: Subject): string {
  const flat = findings.map(({ severity, place, rule, message, advice }) => ({
    severity,
    file: place?.file ?? null,
    line: place?.line ?? null,
    rule,
    message,
    advice,
  }));
  const queried = live.map(({ place, credentials, facts }) => ({ file: place.file, line: place.line, credentials: credentials ?? null, facts }));
  return `${JSON.stringify({ outputs, fluentBit: version === undefined ? null : versionText(version), findings: flat, live: queried }, undefined, 2)}\n`;
}

function where(place: Place | undefined): string {
  return place === undefined ? "environment" : `${visible(place.file)}:${place.line}`;
}

/** Escapes control characters as in JSON: they could control a terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
