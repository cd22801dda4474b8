/** Sends the entries of one chunk: in batches, and what failed again, until all is delivered or the time is up. */
import { maxRecordsPerRequest } from "../limits.js";
import { cutBatches } from "./batcher.js";
import { userRecordsOf, type Entry } from "../entry.js";
import type { PutRecordsClient } from "./put_records.js";

/** Why entries are still there. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** An entry that the service refuses for what it is, alone in a request. */
export interface RefusedEntry {
  readonly entry: Entry;
  readonly failure: Failure;
}

/** What both outcomes tell. */
interface Progress {
  /** Entries that the service took. */
  readonly delivered: number;
  /** Those of them that landed in another shard than the one that was expected. */
  readonly strayed: number;
  /** Entries that will never be taken, and are not sent again. */
  readonly refused: readonly RefusedEntry[];
  /** Rounds after the first. */
  readonly retryRounds: number;
}

/** The outcome of a delivery. */
export type Delivery =
  | ({ readonly kind: "delivered" } & Progress)
  | ({ readonly kind: "remaining"; readonly remaining: readonly Entry[]; readonly failure: Failure } & Progress);

/** How often and how long to try. */
export interface RetryPolicy {
  /** Time for all attempts of a chunk together, the waits between them included. */
  readonly budgetMs: number;
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
}

/** The world outside, as far as a delivery needs it. */
export interface DeliveryDependencies {
  readonly client: PutRecordsClient;
  /** Data and partition keys of one request. */
  readonly maxRequestBytes: number;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Resolves after so long. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** The user records of an aggregated record as entries of their own; none when they are not at hand any more. */
  readonly takeApart: (entry: Entry) => readonly Entry[];
}

/**
 * Delivers in rounds. The first sends all batches; each further one only the entries that failed, whatever their code,
 * in batches of their own, after a jittered back-off ("full jitter": AWS Architecture Blog, Exponential Backoff And
 * Jitter) or the time that the service asks for. A request that failed for good, or without an answer, ends its round:
 * the next batch would fail like it.
 */
export async function deliver(
  entries: readonly Entry[],
  policy: RetryPolicy,
  dependencies: DeliveryDependencies,
): Promise<Delivery> {
  const { now, random, sleep } = dependencies;
  const deadline = now() + policy.budgetMs;
  const tally: Tally = { delivered: 0, strayed: 0, refused: [], retryRounds: 0 };
  let pending = entries;
  for (let round = 0; ; round++) {
    const { remaining, failure, mayPass, retryAfterMs } = await sendRound(pending, dependencies, tally);
    if (failure === undefined) return { kind: "delivered", ...tally };
    const ceiling = Math.min(policy.longestBackoffMs, policy.firstBackoffMs * 2 ** round);
    const backoffMs = Math.max(random() * ceiling, retryAfterMs);
    if (!mayPass || now() + backoffMs >= deadline) return { kind: "remaining", ...tally, remaining, failure };
    await sleep(backoffMs);
    tally.retryRounds++;
    pending = remaining;
  }
}

interface Tally extends Progress {
  delivered: number;
  strayed: number;
  refused: RefusedEntry[];
  retryRounds: number;
}

interface Round {
  readonly remaining: readonly Entry[];
  readonly failure: Failure | undefined;
  readonly mayPass: boolean;
  readonly retryAfterMs: number;
}

async function sendRound(
  entries: readonly Entry[],
  { client, maxRequestBytes, random, takeApart }: DeliveryDependencies,
  tally: Tally,
): Promise<Round> {
  const limits = { maxRecords: maxRecordsPerRequest, maxBytes: maxRequestBytes };
  // The next one is the last.
  const batches = cutBatches(entries, limits).reverse();
  let mostRefused = refusalsBeforeDoubt;
  const failed: Entry[] = [];
  let failure: Failure | undefined;
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
    const outcome = await client.putRecords(batch);
    if (outcome.kind === "answered") {
      tally.delivered += batch.length - outcome.failed.length;
      tally.strayed += outcome.strayed;
      for (const { index, ...why } of outcome.failed) {
        failed.push(batch[index] as Entry);
        failure ??= why;
      }
      continue;
    }
    if (outcome.cause !== "content") {
      const remaining = failed.concat(batch, ...batches.reverse());
      const { retryAfterMs = 0 } = outcome;
      return { remaining, failure: outcome, mayPass: outcome.cause === "transient", retryAfterMs };
    }
    if (batch.length > 1) {
      const half = batch.length >>> 1;
      batches.push(batch.slice(half), batch.slice(0, half));
      continue;
    }
    const [entry] = batch as [Entry];
    const parts = userRecordsOf(entry) > 1 ? takeApart(entry) : [];
    if (parts.length > 0) {
      batches.push(...cutBatches(parts, limits).reverse());
      continue;
    }
    tally.refused.push({ entry, failure: outcome });
    if (tally.delivered > 0) continue;
    if (tally.refused.length === refusalsBeforeDoubt) mostRefused += pullProbes(batches, random);
    if (tally.refused.length >= mostRefused) {
      const refused = tally.refused.splice(0).map(({ entry }) => entry);
      return { remaining: failed.concat(refused, ...batches.reverse()), failure: outcome, mayPass: false, retryAfterMs: 0 };
    }
  }
  return { remaining: failed, failure, mayPass: true, retryAfterMs: 0 };
}

/** So many entries refused alone and none taken: then, most likely, it is not the entries that the service refuses. */
const refusalsBeforeDoubt = 10;
/** Before that is believed, so many others are tried alone, the first ones far behind those that were refused. */
const mostProbes = 5;

/** Puts some of the entries that wait into batches of their own, which come next; gives their number. */
function pullProbes(batches: Entry[][], random: () => number): number {
  const probes: Entry[][] = [];
  for (const batch of batches.slice(0, mostProbes)) {
    probes.push(batch.splice(Math.floor(random() * batch.length), 1));
    if (batch.length === 0) batches.splice(batches.indexOf(batch), 1);
  }
  batches.push(...probes.reverse());
  return probes.length;
}
