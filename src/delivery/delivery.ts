/** Delivers the entries of one chunk in rounds, until all are accepted or the time is up. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { Round, type DeliveryState, type Failure, type Progress, type RoundDependencies } from "./round.js";

export type { Failure, RefusedEntry } from "./round.js";

/** The outcome of a delivery. The remaining entries are in the order of the chunk. */
export type Delivery =
  | ({ readonly kind: "delivered" } & Progress)
  | ({ readonly kind: "remaining"; readonly remaining: readonly Entry[]; readonly failure: Failure } & Progress);

/** Limits of the retries of a delivery. */
export interface RetryPolicy {
  /** Maximum time for all rounds of a chunk, including the waits between them. */
  readonly budgetMs: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Maximum number of rounds after the first; unlimited when unset. */
  readonly maxRounds?: number | undefined;
  /** Whether to continue after time and rounds are used up: at the end of an output Fluent Bit does not send the chunk again. */
  readonly goesOn?: (() => boolean) | undefined;
}

/** The dependencies of a delivery. */
export interface DeliveryDependencies extends RoundDependencies {
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * Sends all entries in the first round. Each further round sends only the remaining entries, after a jittered back-off ("full
 * jitter": AWS Architecture Blog, Exponential Backoff And Jitter) or the time that the service requested, if longer. When all
 * remaining entries were held back for throttled shards, the wait lasts until one of these shards accepts more, and does not
 * count as a retry round.
 */
export async function deliver(
  table: EntryTable,
  entries: readonly Entry[],
  policy: RetryPolicy,
  dependencies: DeliveryDependencies,
): Promise<Delivery> {
  const { now, random, sleep, window } = dependencies;
  const { budgetMs, firstBackoffMs, maxBackoffMs, maxRounds = Number.POSITIVE_INFINITY } = policy;
  const deadline = now() + budgetMs;
  const tally: DeliveryState["tally"] = { delivered: 0, deliveredRecords: 0, strayed: 0, refused: [], retryRounds: 0, behindMs: 0 };
  const state: DeliveryState = { table, share: window.open(), tally, partsOf: new Map(), holds: undefined };
  try {
    let pending = entries;
    for (;;) {
      const { left, failure, mayPass, retryAfterMs, heldBackMs } = await new Round(pending, state, dependencies).run();
      if (failure === undefined) return { kind: "delivered", ...tally };
      const remaining = inOrderOf(entries, left, state);
      const ceilingMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** tally.retryRounds);
      const backoffMs = heldBackMs ?? Math.max(random() * ceilingMs, retryAfterMs);
      const isUsedUp = (heldBackMs === undefined && tally.retryRounds >= maxRounds) || now() + backoffMs >= deadline + tally.behindMs;
      if (!mayPass || (isUsedUp && policy.goesOn?.() !== true)) {
        return { kind: "remaining", ...tally, remaining, failure };
      }
      dependencies.waits?.([...remaining, ...tally.refused.map(({ entry }) => entry)]);
      await sleep(backoffMs);
      if (heldBackMs === undefined) tally.retryRounds++;
      pending = remaining;
    }
  } finally {
    state.holds?.end();
    state.share.close();
  }
}

/** Returns the entries of `left` in the order of the chunk; the parts of an aggregate replace it. */
function inOrderOf(entries: readonly Entry[], left: readonly Entry[], { partsOf }: DeliveryState): readonly Entry[] {
  if (partsOf.size === 0 && left.length === entries.length) return entries;
  const isLeft = new Set(left);
  const all = partsOf.size === 0 ? entries : entries.flatMap((entry) => partsOf.get(entry) ?? [entry]);
  return all.filter((entry) => isLeft.has(entry));
}
