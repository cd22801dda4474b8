// Measures the cost per record and per byte while one dimension grows.
import { containerLogMix, type Body } from "./mixes/mixes.js";

export interface GrowthPoint {
  /** Dimension that grows: "records of a chunk", "instances", "bytes of a record". */
  readonly axis: string;
  readonly at: number;
  readonly cpuMicrosecondsPerRecord: number;
  readonly cpuNanosecondsPerByte: number;
}

export const chunkRecords = [10, 100, 1000, 10_000, 100_000];
export const instanceCounts = [1, 2, 4, 8];
export const recordBytes = [100, 1000, 10_000, 100_000];

/** Returns records of about this many bytes of JSON, each with a different text. */
export function bodiesOfBytes(bytes: number, count: number): Body[] {
  return containerLogMix.bodies(count).map((log) => {
    const text = JSON.stringify(log).replaceAll('"', "'");
    return { log: text.repeat(Math.ceil(bytes / text.length)).slice(0, Math.max(1, bytes - '{"log":""}'.length)) };
  });
}

export function growthPoint(axis: string, at: number, cpuSeconds: number, records: number, bytes: number): GrowthPoint {
  return { axis, at, cpuMicrosecondsPerRecord: (cpuSeconds * 1e6) / records, cpuNanosecondsPerByte: (cpuSeconds * 1e9) / bytes };
}
