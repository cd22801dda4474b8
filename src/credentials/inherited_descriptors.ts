/** Finds what a program would inherit of this process besides its standard streams, so that it can be given something else. */
import { readdirSync, readFileSync } from "node:fs";

/** Source: Linux, include/uapi/asm-generic/fcntl.h. */
const closeOnExec = 0o2000000;
/** Each look takes 10 µs. */
const maxLooks = 4096;

/**
 * Returns the entries from 3 on for the option `stdio` of a program that Node starts: at each descriptor that the program
 * would inherit stands `instead`. Node hands on every descriptor that is not marked close-on-exec. Those are the host's, and
 * marking them would take them from programs that the host starts.
 *
 * A descriptor that the host opens between this and the start of the program is missed, and so are those behind the first
 * 4096. Returns nothing where there is no /proc.
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

/** In growing order. */
function inheritedDescriptors(): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc/self/fd");
  } catch {
    return [];
  }
  const open = names.map(Number).filter((number) => number > 2).sort((one, other) => one - other);
  return open.slice(0, maxLooks).filter(isInherited);
}

function isInherited(number: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${number}`, "latin1"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // Closed meanwhile.
    return false;
  }
}
