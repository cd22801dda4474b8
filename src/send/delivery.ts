/** Sends the entries of one chunk: in batches, and what failed again, until all is delivered or the time is up. */
import { maxRecordsPerRequest } from "../limits.js";
import { cutBatches } from "./batcher.js";
import type { Entry } from "../entry.js";
import type { PutRecordsClient } from "./put_records.js";

/** Why entries are still there. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What both outcomes tell. */
interface Progress {
  /** Entries that the service took. */
  readonly delivered: number;
  /** Those of them that landed in another shard than the one that was expected. */
  readonly strayed: number;
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

/** Well inside the 5 s that Fluent Bit grants at shutdown (its option Grace). */
export const flushRetryPolicy: RetryPolicy = { budgetMs: 3000, firstBackoffMs: 100, longestBackoffMs: 1000 };

/** The world outside, as far as a delivery needs it. */
export interface DeliveryDependencies {
  readonly client: PutRecordsClient;
  /** Data and partition keys of one request. */
  readonly maxRequestBytes: number;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * Delivers in rounds. The first sends all batches; each further one only the entries that failed, whatever their code,
 * in batches of their own, after a jittered back-off ("full jitter": AWS Architecture Blog, Exponential Backoff And
 * Jitter). A request that failed for good, or without an answer, ends its round: the next batch would fail like it.
 */
export async function deliver(
  entries: readonly Entry[],
  policy: RetryPolicy,
  { client, maxRequestBytes, now, random, sleep }: DeliveryDependencies,
): Promise<Delivery> {
  const deadline = now() + policy.budgetMs;
  let pending = entries;
  let strayed = 0;
  for (let round = 0; ; round++) {
    const { remaining, failure, isTransient, ...sent } = await sendRound(pending, client, maxRequestBytes);
    const delivered = entries.length - remaining.length;
    strayed += sent.strayed;
    if (failure === undefined) return { kind: "delivered", delivered, strayed };
    const ceiling = Math.min(policy.longestBackoffMs, policy.firstBackoffMs * 2 ** round);
    const backoffMs = random() * ceiling;
    if (!isTransient || now() + backoffMs >= deadline) {
      return { kind: "remaining", delivered, strayed, remaining, failure };
    }
    await sleep(backoffMs);
    pending = remaining;
  }
}

interface Round {
  readonly remaining: readonly Entry[];
  readonly failure: Failure | undefined;
  readonly isTransient: boolean;
  readonly strayed: number;
}

async function sendRound(
  entries: readonly Entry[],
  client: PutRecordsClient,
  maxBytes: number,
): Promise<Round> {
  const batches = cutBatches(entries, { maxRecords: maxRecordsPerRequest, maxBytes });
  const remaining: Entry[] = [];
  let failure: Failure | undefined;
  let strayed = 0;
  for (const [index, batch] of batches.entries()) {
    const outcome = await client.putRecords(batch);
    if (outcome.kind === "failed") {
      const unsent = remaining.concat(...batches.slice(index));
      return { remaining: unsent, failure: outcome, isTransient: outcome.isTransient, strayed };
    }
    strayed += outcome.strayed;
    for (const failed of outcome.failed) {
      remaining.push(batch[failed.index] as Entry);
      failure ??= failed;
    }
  }
  return { remaining, failure, isTransient: true, strayed };
}
