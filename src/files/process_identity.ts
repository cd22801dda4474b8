/** Identifies processes, and finds out whether one still runs, even if its number is reused. */
import { readFile, readlink } from "node:fs/promises";
import { isSystemError } from "./named_file.js";

/** Identity of a process: all fields on Linux, only the number elsewhere. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time of the process, in ticks since boot. */
  readonly startedAt?: string | undefined;
  /** Id of the system's boot. */
  readonly boot?: string | undefined;
  /** Namespace of process numbers: each container has its own. */
  readonly namespace?: string | undefined;
}

/** Returns the identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const [process_, boot, namespace] = await Promise.all([
    statusOf(process.pid),
    readFile("/proc/sys/kernel/random/boot_id", "utf8").then((text) => text.trim(), () => undefined),
    readlink("/proc/self/ns/pid").catch(() => undefined),
  ]);
  return { pid: process.pid, startedAt: process_?.startedAt, boot, namespace };
}

/** Returns whether a process runs. A process of another container or boot counts as ended: `own` cannot see it. */
export async function isRunning(other: ProcessIdentity, own: ProcessIdentity): Promise<boolean> {
  if (differ(other.boot, own.boot) || differ(other.namespace, own.namespace)) return false;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM: the process runs, as another user.
    if (!isSystemError(error, "EPERM")) return false;
  }
  const status = await statusOf(other.pid);
  if (status === undefined) return true;
  return !status.hasEnded && !differ(status.startedAt, other.startedAt);
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/**
 * Returns the start time and state of a process. Source: proc_pid_stat(5): the command's name is in brackets and may contain any
 * character; state is field 3, starttime field 22.
 */
async function statusOf(pid: number): Promise<{ readonly startedAt: string | undefined; readonly hasEnded: boolean } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { startedAt: fields[19], hasEnded: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
