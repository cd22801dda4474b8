/** Lists faults of Fluent Bit that affect Go-style outputs, by version. docs/FLUENT-BIT.md has the same table. */
import type { Severity } from "./findings.js";
import { compareVersions, type HostVersion } from "./host_version.js";

/** Features of a configuration that some faults depend on. */
export interface HostUse {
  /** Number of outputs of this plugin. */
  readonly outputs: number;
  readonly hasWorkers: boolean;
  readonly isReloaded: boolean;
}

/** A fault of some versions. */
export interface HostFault {
  readonly rule: string;
  readonly first: HostVersion;
  /** Undefined if no tried version is free of the fault. */
  readonly last: HostVersion | undefined;
  readonly severity: Severity;
  /** Versions as the table writes them. */
  readonly versions: string;
  readonly where: string;
  readonly what: string;
  readonly advice: string;
  readonly isMet: (use: HostUse) => boolean;
}

/** Newest version that was tried. */
const newest = "5.1.1";

/** The faults, the oldest first. */
export const hostFaults: readonly HostFault[] = [
  {
    rule: "host-two-outputs",
    first: [1, 8, 0],
    last: [2, 0, 6],
    severity: "warning",
    versions: "up to 2.0.6",
    where: "two or more outputs of one Go-style plugin",
    what: "Fluent Bit crashes when it ends, or ends only the last output; records in flight are lost",
    advice: "Use 2.0.7 or newer, or one output",
    isMet: ({ outputs }) => outputs > 1,
  },
  {
    rule: "host-failed-init",
    first: [2, 0, 7],
    last: [2, 2, 0],
    severity: "hint",
    versions: "2.0.7 to 2.2.0",
    where: "an invalid option",
    what: "Fluent Bit crashes instead of ending with status 1 when an output rejects its options",
    advice: "Read the message before the crash; use 2.2.1 or newer",
    isMet: () => true,
  },
  {
    rule: "host-histogram",
    first: [2, 0, 11],
    last: [3, 0, 1],
    severity: "hint",
    versions: "2.0.11 to 3.0.1",
    where: "a histogram, with the HTTP server on",
    what: "Fluent Bit reads past the end of the histogram's memory, and crashes after many observations",
    advice: "Nothing: this plugin registers no histogram with these versions. Other plugins may",
    isMet: () => false,
  },
  {
    rule: "host-reload-loss",
    first: [2, 2, 0],
    last: [3, 2, 2],
    severity: "warning",
    versions: "2.2.0 to 3.2.2",
    where: "hot reload",
    what: "chunks of Go-style outputs that wait during a hot reload fail until their retries are used up, and their records are lost",
    advice: "Use 3.2.3 or newer, or restart Fluent Bit instead of reloading it",
    isMet: ({ isReloaded }) => isReloaded,
  },
  {
    rule: "workers",
    first: [2, 2, 0],
    last: undefined,
    severity: "warning",
    versions: `2.2.0 to ${newest}`,
    where: "hot reload, `workers` of 1 or more",
    what: "Fluent Bit creates the threads of a Go-style output twice, runs timers in freed memory at a hot reload, and crashes",
    advice: "Remove workers: no flush needs them",
    isMet: ({ hasWorkers, isReloaded }) => hasWorkers && isReloaded,
  },
  {
    rule: "host-infinite-bucket",
    first: [2, 0, 0],
    last: [4, 2, 1],
    severity: "hint",
    versions: "up to 4.2.1",
    where: "a histogram",
    what: "the bucket +Inf of every histogram is 0",
    advice: "Nothing: this plugin registers no histogram with these versions. For other plugins' histograms, use the count",
    isMet: () => false,
  },
];

/** Returns whether a version has a fault. */
export function hasFault({ first, last }: HostFault, version: HostVersion): boolean {
  return compareVersions(version, first) >= 0 && (last === undefined || compareVersions(version, last) <= 0);
}
