// Measures the whole plugin in the host program, over TLS to the benchmark's server: start, latency, throughput, growth.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Options } from "../../support/plugin_host.js";
import { chunkOfLogs } from "../container_logs.js";
import { checkArrival, recordsIn } from "../fluent_bit/arrival_check.js";
import { KinesisProcess } from "../fluent_bit/kinesis_process.js";
import { bodiesOfBytes, chunkRecords, growthPoint, type GrowthPoint, instanceCounts, recordBytes } from "../growth.js";
import { containerLogMix, type Body } from "../mixes/mixes.js";
import { median } from "../statistics.js";
import { TimedHost } from "./timed_host.js";

export interface HostFigures {
  readonly startMilliseconds: number;
  readonly restMib: number;
  readonly flushMilliseconds: number;
  readonly megabytesPerSecond: number;
  readonly cpuMicrosecondsPerRecord: number;
  readonly growth: readonly GrowthPoint[];
}

const starts = 7;
const flushes = 500;
const restMs = 2000;
const growthRuns = 3;
/** Takes about a second of CPU for each point. */
const growthBytes = 90e6;
const maxGrowthFlushes = 3000;
const usualChunkRecords = 4000;
const usualChunkBytes = 2e6;

interface Service {
  readonly options: Options;
  readonly environment: Readonly<Record<string, string>>;
}

function serviceOf({ endpoint: { port, certificateFile } }: KinesisProcess): Service {
  return {
    options: { region: "us-west-2", stream: "bench", endpoint: `https://localhost:${port}` },
    environment: { AWS_CA_BUNDLE: certificateFile, FLB_LOG_LEVEL: "error" },
  };
}

async function withHost<T>(service: Service, instances: number, use: (host: TimedHost, seconds: number) => Promise<T>): Promise<T> {
  const host = await TimedHost.start(service.environment);
  try {
    const { seconds } = await host.open(service.options);
    for (let more = 1; more < instances; more++) await host.open(service.options);
    return await use(host, seconds);
  } finally {
    await host.stop();
  }
}

async function check(folder: string): Promise<void> {
  const keptFile = path.join(folder, "requests");
  const kinesis = await KinesisProcess.start(folder, keptFile);
  const bodies = containerLogMix.bodies(usualChunkRecords);
  await withHost(serviceOf(kinesis), 1, (host) => host.flush(0, host.keepChunk(chunkOfLogs(bodies))));
  await kinesis.stop();
  checkArrival(recordsIn(readFileSync(keptFile)), bodies);
}

async function measureChunk(service: Service, instances: number, bodies: readonly Body[], axis: string, at: number): Promise<GrowthPoint> {
  return withHost(service, instances, async (host) => {
    const chunk = chunkOfLogs(bodies);
    const file = host.keepChunk(chunk);
    const count = Math.min(maxGrowthFlushes, Math.max(1, Math.round(growthBytes / chunk.length / instances)));
    await host.flushAll(file, 1, Math.max(1, Math.round(count / 3)));
    const cpu: number[] = [];
    for (let run = 0; run < growthRuns; run++) cpu.push((await host.flushAll(file, 1, count)).cpuSeconds);
    return growthPoint(axis, at, median(cpu), count * bodies.length * instances, count * chunk.length * instances);
  });
}

async function measureGrowth(service: Service, report: (point: GrowthPoint) => void): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  const take = async (...of: Parameters<typeof measureChunk>): Promise<void> => {
    const point = await measureChunk(...of);
    points.push(point);
    report(point);
  };
  const logs = containerLogMix.bodies(Math.max(...chunkRecords));
  for (const records of chunkRecords) await take(service, 1, logs.slice(0, records), "records of a chunk", records);
  for (const instances of instanceCounts) {
    await take(service, instances, logs.slice(0, usualChunkRecords), "instances", instances);
  }
  for (const bytes of recordBytes) {
    await take(service, 1, bodiesOfBytes(bytes, usualChunkBytes / bytes), "bytes of a record", bytes);
  }
  return points;
}

/** Checks the records that arrive, then measures. */
export async function hostFigures(report: (point: GrowthPoint) => void): Promise<HostFigures> {
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-bench-"));
  try {
    await check(folder);
    const kinesis = await KinesisProcess.start(folder);
    const service = serviceOf(kinesis);
    const startSeconds: number[] = [];
    for (let start = 0; start < starts; start++) {
      startSeconds.push(await withHost(service, 1, (_, seconds) => Promise.resolve(seconds)));
    }
    const restMib = await withHost(service, 1, async (host) => {
      await sleep(restMs);
      return host.rssMib();
    });
    const flushSeconds = await withHost(service, 1, async (host) => {
      const file = host.keepChunk(chunkOfLogs(containerLogMix.bodies(10)));
      const taken: number[] = [];
      for (let flush = 0; flush < flushes; flush++) taken.push(await host.flush(0, file));
      return median(taken.slice(flushes / 5));
    });
    const throughput = await withHost(service, 1, async (host) => {
      const chunk = chunkOfLogs(containerLogMix.bodies(usualChunkRecords));
      const file = host.keepChunk(chunk);
      await host.flushAll(file, 1, 20);
      const count = 50;
      const { cpuSeconds, wallSeconds } = await host.flushAll(file, 1, count);
      const records = count * usualChunkRecords;
      return { megabytesPerSecond: (count * chunk.length) / wallSeconds / 1e6, cpuMicrosecondsPerRecord: (cpuSeconds * 1e6) / records };
    });
    const growth = await measureGrowth(service, report);
    await kinesis.stop();
    return { startMilliseconds: median(startSeconds) * 1000, restMib, flushMilliseconds: flushSeconds * 1000, ...throughput, growth };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
