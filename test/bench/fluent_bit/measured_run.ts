// Measures one run of Fluent Bit over the input, from its start to its end.
import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, FluentBitRun } from "./fluent_bit_run.js";
import { type Input, sizesOf } from "./input_file.js";
import type { KinesisProcess } from "./kinesis_process.js";
import type { ServerBehavior } from "./server_behavior.js";
import { cpuSecondsOf, familyOf, peakRssMibOf, positionsIn } from "./proc_files.js";
import type { Variant } from "./variant.js";

export interface Run {
  /** User and system time of the whole process, including its start and end, and of the core's separate process. */
  readonly cpuSeconds: number;
  /** Time from the start of the process to its last request; for the null output, to the end of its work. */
  readonly wallSeconds: number;
  /** Time from the first whole PutRecords request to the last; NaN without a request. */
  readonly firstToLastSeconds: number;
  readonly peakRssMib: number;
  readonly wireBytes: number;
  readonly requests: number;
  /** Maximum number of requests that waited for their response concurrently. */
  readonly maxInFlight: number;
  readonly records: number;
  readonly serverCpuSeconds: number;
}

const pollMs = 50;
/** Fluent Bit is done when everything was read, no request arrives or waits, and its CPU stays below this for this many polls. */
const idle = { polls: 8, cpuSeconds: 0.03 };
const longestRunMs = 600_000;

/** Throws when Fluent Bit fails; its log is in the message. */
export async function measureRun(
  variant: Variant,
  input: Input,
  kinesis: KinesisProcess,
  bench: Bench,
  behavior: Partial<ServerBehavior> = {},
): Promise<Run> {
  await kinesis.reset(behavior);
  const run = new FluentBitRun(variant, input, kinesis.endpoint, bench);
  const pid = await run.pid();
  try {
    const { busyUntilMs } = await untilIdle(pid, input, kinesis).catch(async (error: unknown) => {
      const status = await run.kill(pid);
      throw run.failure(`${error instanceof Error ? error.message : String(error)}, status ${status}`);
    });
    const peakRssMib = peakRssMibOf(familyOf(pid));
    const { cpuSeconds } = await run.stop(pid);
    const counts = await kinesis.counts();
    const { requests, firstRequestMs, lastRequestMs } = counts;
    return {
      cpuSeconds,
      wallSeconds: ((requests > 0 ? lastRequestMs : busyUntilMs) - run.startedMs) / 1000,
      firstToLastSeconds: requests > 0 ? (lastRequestMs - firstRequestMs) / 1000 : NaN,
      peakRssMib,
      wireBytes: counts.bytes,
      requests,
      maxInFlight: counts.maxInFlight,
      records: counts.records,
      serverCpuSeconds: counts.cpuMs / 1000,
    };
  } finally {
    await run.kill(pid);
  }
}

/** Waits until the process has read all files and has nothing more to do. */
async function untilIdle(pid: number, input: Input, kinesis: KinesisProcess): Promise<{ readonly busyUntilMs: number }> {
  const sizes = sizesOf(input);
  const deadline = Date.now() + longestRunMs;
  let calm = { cpuSeconds: -Infinity, requests: 0, sinceMs: 0, polls: 0 };
  let isRead = false;
  for (;;) {
    await sleep(pollMs);
    if (Date.now() > deadline) throw new Error("took too long");
    const cpuSeconds = cpuSecondsOf(familyOf(pid));
    isRead ||= isReadBy(pid, sizes);
    if (!isRead) continue;
    const { requests, inFlight } = await kinesis.counts();
    const isBusy = cpuSeconds - calm.cpuSeconds > idle.cpuSeconds || requests !== calm.requests || inFlight > 0;
    if (isBusy) calm = { cpuSeconds, requests, sinceMs: Date.now(), polls: 0 };
    else if (++calm.polls >= idle.polls) return { busyUntilMs: calm.sinceMs };
  }
}

function isReadBy(pid: number, sizes: ReadonlyMap<string, number>): boolean {
  const positions = positionsIn(pid);
  return [...sizes].every(([file, size]) => positions.get(file) === size);
}
