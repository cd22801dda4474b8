/** Finds the version of Fluent Bit that a configuration is for: as given, or from a program's --version. */
import { spawnSync } from "node:child_process";
import { UsageError } from "../command_line.js";
import { findFluentBit } from "../fluent_bit_program.js";
import type { Environment } from "../../src/network/environment.js";

/** Major, minor and patch number. */
export type HostVersion = readonly [major: number, minor: number, patch: number];

const maxVersionMs = 10_000;

/** Parses `2.2.3`, `v2.2.3` or `2.2`; returns undefined for any other text. */
export function readVersion(text: string): HostVersion | undefined {
  const [, major, minor, patch = "0"] = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?$/u.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** Returns the version as text, such as `2.2.3`. */
export function versionText(version: HostVersion): string {
  return version.join(".");
}

/** Returns a negative number if `one` is older, positive if newer, else 0. */
export function compareVersions(one: HostVersion, other: HostVersion): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}

/**
 * Returns the version that --fluent-bit names, or the version of the program that it names.
 * @throws UsageError
 */
export function namedVersion(named: string): HostVersion {
  const version = readVersion(named) ?? versionOf(named);
  if (version === undefined) throw new UsageError(`--fluent-bit '${named}' is neither a version such as 5.1.1 nor a program that prints one with --version`);
  return version;
}

/** Returns the version of the Fluent Bit on this machine; undefined without one. */
export function foundVersion(environment: Environment): HostVersion | undefined {
  const program = findFluentBit(environment);
  return program === undefined ? undefined : versionOf(program);
}

function versionOf(program: string): HostVersion | undefined {
  const { stdout, error } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: maxVersionMs, stdio: ["ignore", "pipe", "ignore"] });
  return error === undefined ? readVersion(/^Fluent Bit (v\d\S*)/mu.exec(stdout)?.[1] ?? "") : undefined;
}
