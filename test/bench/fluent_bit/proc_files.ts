// Reads CPU, memory and the positions of open files of running processes from /proc.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const clockTicksPerSecond = 100;

/** Returns the process and its children, such as the core's separate process. */
export function familyOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"));
  return [pid, ...children.join(" ").split(" ").filter((child) => child !== "").map(Number)];
}

/** Returns the peak memory of all members together. */
export function peakRssMibOf(family: readonly number[]): number {
  const peaks = family.map((pid) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);
  return peaks.reduce((sum, peak) => sum + peak, 0);
}

/** Returns user and system seconds so far. Throws when a process has ended. Source: proc_pid_stat(5), utime and stime. */
export function cpuSecondsOf(family: readonly number[]): number {
  const seconds = family.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  });
  return seconds.reduce((sum, part) => sum + part, 0);
}

/** Returns the read position of each file that the process has open, by the file's path. */
export function positionsIn(pid: number): Map<string, number> {
  const positions = new Map<string, number>();
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const file = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      if (!file.startsWith("/") || file.startsWith("/dev/")) continue;
      positions.set(file, Number(/^pos:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8"))?.[1]));
    } catch {
      // The file was closed meanwhile.
    }
  }
  return positions;
}
