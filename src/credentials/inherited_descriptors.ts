/** Lists the descriptors that a started program would inherit besides its standard streams, to replace them. */
import { readdirSync, readFileSync } from "node:fs";

/** Source: Linux, include/uapi/asm-generic/fcntl.h. */
const closeOnExec = 0o2000000;
/** Maximum descriptors to inspect: each takes 10 µs. */
const maxInspected = 4096;

/**
 * Returns the entries from 3 on for the option `stdio` of a program that Node starts, with `instead` for each descriptor that
 * the program would inherit. Node passes on every descriptor without close-on-exec. These belong to Fluent Bit, and setting
 * close-on-exec would take them from programs that Fluent Bit starts.
 *
 * Misses descriptors that Fluent Bit opens between this call and the start of the program, and all but the first 4096.
 * Returns an empty list on systems without /proc.
 * @param instead a descriptor
 */
export function insteadOfInherited(instead: number): (number | "ignore")[] {
  const entries: (number | "ignore")[] = [];
  for (const number of inheritedDescriptors()) {
    while (entries.length < number - 3) entries.push("ignore");
    entries.push(instead);
  }
  return entries;
}

/** Returns the inherited descriptors from 3 on, in ascending order. */
function inheritedDescriptors(): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc/self/fd");
  } catch {
    return [];
  }
  const open = names.map(Number).filter((number) => number > 2).sort((one, other) => one - other);
  return open.slice(0, maxInspected).filter(isInherited);
}

function isInherited(number: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${number}`, "latin1"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // Closed since it was listed.
    return false;
  }
}
