/** Faults of Fluent Bit itself that outputs such as this one meet, by version; docs/FLUENT-BIT.md has the same table. */
import type { Severity } from "./findings.js";
import { compareVersions, type HostVersion } from "./host_version.js";

/** What a configuration has that some faults need. */
export interface HostUse {
  /** Outputs of this plugin. */
  readonly outputs: number;
  readonly hasWorkers: boolean;
  readonly isReloaded: boolean;
}

/** A fault of some versions. */
export interface HostFault {
  readonly rule: string;
  readonly first: HostVersion;
  /** Undefined where no version is known that has it no more. */
  readonly last: HostVersion | undefined;
  readonly severity: Severity;
  /** As the table says it. */
  readonly versions: string;
  readonly where: string;
  readonly what: string;
  readonly advice: string;
  readonly isMet: (use: HostUse) => boolean;
}

/** The newest version that was tried. */
const newest = "5.1.1";

/** From the oldest on. */
export const hostFaults: readonly HostFault[] = [
  {
    rule: "host-two-outputs",
    first: [1, 8, 0],
    last: [2, 0, 6],
    severity: "warning",
    versions: "up to 2.0.6",
    where: "two or more outputs of one Go-style plugin",
    what: "Fluent Bit crashes at its end, or tells only the last output of it; records still under way are lost",
    advice: "Use 2.0.7 or newer, or one output",
    isMet: ({ outputs }) => outputs > 1,
  },
  {
    rule: "host-failed-init",
    first: [2, 0, 7],
    last: [2, 2, 0],
    severity: "hint",
    versions: "2.0.7 to 2.2.0",
    where: "a wrong option",
    what: "Fluent Bit crashes instead of ending with status 1 when an output refuses its options",
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
    what: "Fluent Bit reads past the histogram's memory, and crashes after many observations",
    advice: "Nothing: this plugin has no histogram there. Others may",
    isMet: () => false,
  },
  {
    rule: "host-reload-loss",
    first: [2, 2, 0],
    last: [3, 2, 2],
    severity: "warning",
    versions: "2.2.0 to 3.2.2",
    where: "hot reload",
    what: "chunks of Go-style outputs that wait at a hot reload fail until their retries are used up, and their records are lost",
    advice: "Use 3.2.3 or newer, or restart Fluent Bit instead of a reload",
    isMet: ({ isReloaded }) => isReloaded,
  },
  {
    rule: "workers",
    first: [2, 2, 0],
    last: undefined,
    severity: "warning",
    versions: `2.2.0 to ${newest}`,
    where: "hot reload, `workers` of 1 or more",
    what: "Fluent Bit makes the threads of a Go-style output twice, runs timers in freed memory at a hot reload, and crashes",
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
    advice: "Nothing: this plugin has no histogram there. Use the count of those of others",
    isMet: () => false,
  },
];

/** Whether a version has a fault. */
export function hasFault({ first, last }: HostFault, version: HostVersion): boolean {
  return compareVersions(version, first) >= 0 && (last === undefined || compareVersions(version, last) <= 0);
}
