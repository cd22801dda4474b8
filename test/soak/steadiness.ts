// Samples a process, and compares its memory, threads and descriptors after the warm-up with those at the end.
import { readFileSync, readdirSync } from "node:fs";

export interface Sample {
  readonly rssKib: number;
  readonly threads: number;
  readonly descriptors: number;
}

export interface Steadiness {
  /** Means of the second and of the last quarter. */
  readonly rssMibAfterWarmUp: number;
  readonly rssMibAtEnd: number;
  readonly rssRatio: number;
  readonly rssMibHighest: number;
  /** Medians of the same quarters. */
  readonly threads: readonly [number, number];
  readonly descriptors: readonly [number, number];
}

export function sampleOf(pid: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  return { rssKib: field("VmRSS"), threads: field("Threads"), descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** @throws Error when there are too few samples for quarters */
export function steadinessOf(samples: readonly Sample[]): Steadiness {
  const quarter = Math.trunc(samples.length / 4);
  if (quarter === 0) throw new Error(`${samples.length} samples are too few`);
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(-quarter);
  const mean = (some: readonly Sample[]): number => some.reduce((sum, { rssKib }) => sum + rssKib, 0) / some.length / 1024;
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >>> 1] ?? 0;
  const both = (value: (sample: Sample) => number): [number, number] => [median(second.map(value)), median(last.map(value))];
  return {
    rssMibAfterWarmUp: Math.round(mean(second)),
    rssMibAtEnd: Math.round(mean(last)),
    rssRatio: Math.round((mean(last) / mean(second)) * 1000) / 1000,
    rssMibHighest: Math.round(Math.max(...samples.map(({ rssKib }) => rssKib)) / 1024),
    threads: both(({ threads }) => threads),
    descriptors: both(({ descriptors }) => descriptors),
  };
}

/** Samples a process every second; the returned function stops and returns the samples. */
export function startSampling(take: () => Sample | Promise<Sample>): () => Sample[] {
  const samples: Sample[] = [];
  const timer = setInterval(() => {
    void (async () => samples.push(await take()))().catch(() => undefined);
  }, 1000);
  return () => {
    clearInterval(timer);
    return samples;
  };
}
