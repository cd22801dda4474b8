/** Says which process this is, and whether another one is still there, also when its number was given to a new one. */
import { readFile, readlink } from "node:fs/promises";
import { isSystemError } from "./named_file.js";

/** A process, as far as the system tells: on Linux all of it, elsewhere the number alone. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since the system's start. */
  readonly startedAt?: string | undefined;
  /** Which start of the system. */
  readonly boot?: string | undefined;
  /** In which its number counts: containers have their own. */
  readonly namespace?: string | undefined;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const [process_, boot, namespace] = await Promise.all([
    statusOf(process.pid),
    readFile("/proc/sys/kernel/random/boot_id", "utf8").then((text) => text.trim(), () => undefined),
    readlink("/proc/self/ns/pid").catch(() => undefined),
  ]);
  return { pid: process.pid, startedAt: process_?.startedAt, boot, namespace };
}

/** Whether the process runs, as far as `own` can see it: one of another container cannot be seen. */
export async function isRunning(other: ProcessIdentity, own: ProcessIdentity): Promise<boolean> {
  if (differ(other.boot, own.boot) || differ(other.namespace, own.namespace)) return false;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM: it is another user's.
    if (!isSystemError(error, "EPERM")) return false;
  }
  const status = await statusOf(other.pid);
  if (status === undefined) return true;
  return !status.hasEnded && !differ(status.startedAt, other.startedAt);
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** Source: proc_pid_stat(5): the command's name stands in brackets and may hold anything; state is the third field, starttime the 22nd. */
async function statusOf(pid: number): Promise<{ readonly startedAt: string | undefined; readonly hasEnded: boolean } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { startedAt: fields[19], hasEnded: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
