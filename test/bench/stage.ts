// Times one stage of the work: our code and others that do the same, in alternation.
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median } from "./statistics.js";

export interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

/** The work to time. Its maker has checked that all contenders return the right result. */
export interface Case {
  readonly stage: string;
  readonly name: string;
  /** Records in one run, for comparable figures. */
  readonly records: number;
  readonly bytes: number;
  readonly ours: Contender;
  /** The first is the baseline of `make bench-check`. */
  readonly others: readonly [Contender, ...Contender[]];
}

export interface Timing {
  readonly name: string;
  /** Median per record. */
  readonly cpuMicroseconds: number;
  readonly wallMicroseconds: number;
  /** This contender's CPU divided by ours: the median of the ratios of neighbouring samples. 1 for ours. */
  readonly ratio: number;
}

export interface StageResult {
  readonly stage: string;
  readonly name: string;
  readonly records: number;
  readonly bytesPerRecord: number;
  readonly timings: readonly Timing[];
}

interface Sample {
  readonly cpu: number;
  readonly wall: number;
}

const warmUpMs = 250;
const sampleMs = 40;
const usualSamples = 11;
/** V8 sweeps garbage in separate threads, whose work would count. */
const sweepingMs = 15;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function repeat(contender: Contender, times: number): Promise<void> {
  for (let turn = 0; turn < times; turn++) {
    const result = contender.run();
    if (result instanceof Promise) await result;
  }
}

/** Runs until the code is compiled; returns the number of runs per sample. */
async function warmUp(contender: Contender): Promise<number> {
  const start = performance.now();
  let times = 0;
  let last = 0;
  while (performance.now() - start < warmUpMs || times < 3) {
    const before = performance.now();
    await repeat(contender, 1);
    last = performance.now() - before;
    times++;
  }
  return Math.max(1, Math.round(sampleMs / last));
}

/** Returns the microseconds of one run, without the garbage of earlier ones. */
async function sample(contender: Contender, times: number): Promise<Sample> {
  collectGarbage();
  await sleep(sweepingMs);
  const wallBefore = performance.now();
  const cpuBefore = process.cpuUsage();
  await repeat(contender, times);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { cpu: (user + system) / times, wall: ((performance.now() - wallBefore) * 1000) / times };
}

/** Times all contenders of a case in alternation. */
export async function timeCase(timed: Case, samples = usualSamples): Promise<StageResult> {
  const contenders = [timed.ours, ...timed.others];
  const times: number[] = [];
  for (const contender of contenders) times.push(await warmUp(contender));
  const taken: Sample[][] = contenders.map(() => []);
  for (let turn = 0; turn < samples; turn++) {
    for (const [index, contender] of contenders.entries()) {
      taken[index]?.push(await sample(contender, times[index] ?? 1));
    }
  }
  const ours = taken[0] ?? [];
  const timings = contenders.map(({ name }, index) => {
    const samplesOf = taken[index] ?? [];
    return {
      name,
      cpuMicroseconds: median(samplesOf.map(({ cpu }) => cpu)) / timed.records,
      wallMicroseconds: median(samplesOf.map(({ wall }) => wall)) / timed.records,
      ratio: median(samplesOf.map(({ cpu }, turn) => cpu / (ours[turn]?.cpu ?? NaN))),
    };
  });
  const { stage, name, records, bytes } = timed;
  return { stage, name, records, bytesPerRecord: bytes / records, timings };
}

/** Throws when two results differ that must be equal; `what` is the message's subject. */
export function mustEqual(ours: Uint8Array | string, expected: Uint8Array | string, what: string): void {
  if (!Buffer.from(ours).equals(Buffer.from(expected))) throw new Error(`${what}: unexpected result; nothing is timed`);
}
