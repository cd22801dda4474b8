// Finds the processes that a host has started, with /proc, among them the core's if it has a separate one.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Memory } from "./plugin_host.js";

export interface CoreProcess {
  readonly pid: number;
  /** Whether it has ended without being waited for. */
  readonly isZombie: boolean;
}

const LONGEST_WAIT_MS = 20_000;

/** Returns a process's open files by descriptor; undefined if it has ended. */
export function descriptorsOf(pid: number): Map<number, string> | undefined {
  const folder = `/proc/${pid}/fd`;
  const open = new Map<number, string>();
  try {
    for (const name of readdirSync(folder)) {
      const target = linkAt(`${folder}/${name}`);
      if (target !== undefined) open.set(Number(name), target);
    }
  } catch {
    return undefined;
  }
  return open;
}

/** Returns the current memory of a process. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  return { rssKib: number("VmRSS"), threads: number("Threads"), descriptors: descriptorsOf(pid)?.size ?? 0 };
}

/** Returns the peak memory of a process. */
export function peakMebibytes(pid: number): number {
  return Number(/^VmHWM:\s*(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** Returns all living processes that a process has started. */
export function startedBy(host: number): CoreProcess[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap((pid) => {
    const found = stateOf(pid);
    return found?.parent === host ? [{ pid, isZombie: found.state === "Z" }] : [];
  });
}

/** Waits until the host has exactly one core process other than `former`; returns its number. */
export async function coreOf(host: number, former?: number): Promise<number> {
  let core: number | undefined;
  await until(() => {
    const all = startedBy(host);
    core = all.length === 1 && all[0]?.isZombie === false ? all[0].pid : undefined;
    return core !== undefined && core !== former;
  }, `the process of the core of ${host}`);
  return core ?? -1;
}

/** Waits until a process has ended. */
export async function untilGone(pid: number): Promise<void> {
  await until(() => (stateOf(pid)?.state ?? "Z") === "Z", `the end of process ${pid}`);
}

/** Polls until a condition is true. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
}

// The program's name may contain any characters; state and parent follow it.
function stateOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, state = "", parent = ""] = text.slice(text.lastIndexOf(")")).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined; // It ended meanwhile.
  }
}

function linkAt(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined; // Closed meanwhile.
  }
}
