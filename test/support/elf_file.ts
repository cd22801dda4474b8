// Reads a shared library: needed libraries, versions of their symbols, search path, machine.
import { execFileSync } from "node:child_process";

export interface ElfFile {
  /** Machine, such as "Advanced Micro Devices X86-64" or "AArch64". */
  readonly machine: string;
  /** The NEEDED entries. */
  readonly needed: readonly string[];
  /** RUNPATH or RPATH. */
  readonly searchPath: string;
  /** Versions of needed symbols, such as "GLIBC_2.34", each once. */
  readonly versions: readonly string[];
}

/** Reads a file with binutils' readelf, which every C++ compiler brings and which can read files of all machines. */
export function readElf(file: string): ElfFile {
  const listing = execFileSync("readelf", ["--wide", "--file-header", "--dynamic", "--version-info", file], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, LC_ALL: "C" },
  });
  const needs = listing.split(/^Version needs section /m)[1] ?? "";
  return {
    machine: /^ {2}Machine: +(.+)$/m.exec(listing)?.[1] ?? "",
    needed: [...listing.matchAll(/\(NEEDED\) +Shared library: \[(.+)\]/g)].map(([, name = ""]) => name).sort(),
    searchPath: /\(R(?:UN)?PATH\) .*\[(.*)\]/.exec(listing)?.[1] ?? "",
    versions: [...new Set([...needs.matchAll(/ Name: (\S+) /g)].map(([, name = ""]) => name))].sort(),
  };
}

/** Returns the newest glibc among these versions, as [major, minor]. */
export function newestGlibc(versions: readonly string[]): readonly [number, number] {
  const numbers = versions.flatMap((version): [number, number][] => {
    const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? [];
    return major === undefined || minor === undefined ? [] : [[Number(major), Number(minor)]];
  });
  return numbers.reduce((newest, version) => (isNewer(version, newest) ? version : newest), [0, 0]);
}

function isNewer([major, minor]: readonly [number, number], [otherMajor, otherMinor]: readonly [number, number]): boolean {
  return major !== otherMajor ? major > otherMajor : minor > otherMinor;
}
